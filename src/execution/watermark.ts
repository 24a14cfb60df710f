import { type Position } from '../kernel/envelope.js';

/** Things are begun in order and done in any; the watermark is the point up to which all are done. */
export class Watermark<Point extends string | number = Position> {
  /** What is not done yet, oldest first, each with the point before it. */
  private readonly pending = new Set<{ readonly before: Point | undefined }>();
  private last: Point | undefined;

  constructor(start: Point | undefined) {
    this.last = start;
  }

  /** The returned function marks what is at this point done. */
  begin(position: Point): () => void {
    const item = { before: this.last };
    this.last = position;
    this.pending.add(item);
    return () => {
      this.pending.delete(item);
    };
  }

  get position(): Point | undefined {
    for (const oldest of this.pending) return oldest.before;
    return this.last;
  }

  get inFlight(): number {
    return this.pending.size;
  }
}
