import { type Position } from '../kernel/envelope.js';

/** One write does for all that comes in so long. */
const afterMs = 100;

/** Moves the checkpoint of a view over what changed nothing in it: soon, but not for every event of others. */
export class IdleCheckpoint {
  private position: Position | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  /** @param onFault told when a write fails that nobody waits for */
  constructor(
    private readonly write: (position: Position) => Promise<void>,
    private readonly onFault: (error: unknown) => void,
  ) {}

  reached(position: Position): void {
    this.position = position;
    this.timer ??= setTimeout(() => {
      this.flush().catch(this.onFault);
    }, afterMs);
  }

  /** What had been reached is in a checkpoint already. */
  overtaken(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.position = undefined;
  }

  /** Writes what has been reached. */
  async flush(): Promise<void> {
    const { position } = this;
    this.overtaken();
    if (position !== undefined) this.writing = this.writing.then(() => this.write(position));
    await this.writing;
  }
}
