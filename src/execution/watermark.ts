import { type Position } from '../kernel/envelope.js';

/** Events are begun in commit order and done in any; the watermark is the position up to which all are done. */
export class Watermark {
  /** What is not done yet, oldest first, each with the position before it. */
  private readonly pending = new Set<{ readonly before: Position | undefined }>();
  private last: Position | undefined;

  constructor(start: Position | undefined) {
    this.last = start;
  }

  /** The returned function marks the event at this position done. */
  begin(position: Position): () => void {
    const item = { before: this.last };
    this.last = position;
    this.pending.add(item);
    return () => {
      this.pending.delete(item);
    };
  }

  get position(): Position | undefined {
    for (const oldest of this.pending) return oldest.before;
    return this.last;
  }

  get inFlight(): number {
    return this.pending.size;
  }
}
