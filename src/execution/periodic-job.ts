import { type LeadershipOptions, whileLeading } from './leadership.js';
import { pause } from './pause.js';

/** Something done again and again by one process at a time. */
export interface Job {
  /** Names the lease. */
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

export class JobRunner {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly job: Job,
    private readonly deps: LeadershipOptions,
  ) {}

  start(): void {
    const { name, everyMs } = this.job;
    this.running = whileLeading(`job:${name}`, this.deps, this.stopping.signal, async (_lease, signal) => {
      while (!signal.aborted) {
        await this.job.run();
        await pause(everyMs, signal);
      }
    });
  }

  /** Finishes the run in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
