import { type LeadershipOptions, type Term, whileLeading } from './leadership.js';
import { pause } from './pause.js';

/** Something done again and again by one process at a time. */
export interface Job {
  /** Names the lease. */
  readonly name: string;
  readonly everyMs: number;
  /** @param signal the process stops, or another one has taken over */
  run(signal: AbortSignal): Promise<void>;
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
    const serve = async ({ signal, goesWell }: Term): Promise<void> => {
      while (!signal.aborted) {
        await this.job.run(signal);
        goesWell();
        await pause(everyMs, signal);
      }
    };
    this.running = whileLeading({ name: `job:${name}`, serve }, this.deps, this.stopping.signal);
  }

  /** Finishes the run in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}
