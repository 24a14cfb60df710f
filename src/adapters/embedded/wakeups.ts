/** How soon the commits of another process are noticed. */
const POLL_MS = 10;

/** Lets subscribers sleep at the end of the log until this or another process commits. */
export class Wakeups {
  private sleepers: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param look for commits of other processes; done every 10 ms, only while somebody sleeps */
  constructor(private readonly look: () => void) {}

  /** The timer keeps the process alive: waiting for events is what a subscriber is there for. */
  sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.sleepers.push(resolve);
      this.timer ??= setInterval(() => {
        this.poll();
      }, POLL_MS);
    });
  }

  wake(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    for (const wake of this.sleepers.splice(0)) wake();
  }

  private poll(): void {
    try {
      this.look();
    } catch {
      // The subscribers meet the same error when they read, and know how to report it.
      this.wake();
    }
  }
}
