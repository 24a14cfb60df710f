import { Bell } from '../../execution/bell.js';
import { withPatience } from '../../execution/pause.js';
import { type TopicOffset } from '../../ports/message-log.js';

const lookEveryMs = 100;

/** Lets readers sleep until something is published: by this process, or found by looking while somebody waits. */
export class News {
  private readonly known = new Map<string, number>();
  private readonly bell = new Bell();
  private readonly closed = new AbortController();
  private version = 0;
  private looking: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;

  /** @param ends the next offsets of all partitions, by `topic/partition` */
  constructor(private readonly ends: () => Promise<ReadonlyMap<string, number>>) {}

  /** This process has published these. */
  published(offsets: readonly TopicOffset[]): void {
    this.learn(offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset + 1]));
  }

  /** Never misses anything; what was published while nobody waited may count as news, too. */
  async next(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.closed.signal]);
    const { version, failure } = this;
    while (!ended.aborted && this.version === version) {
      this.looking ??= this.look().finally(() => {
        this.looking = undefined;
      });
      await withPatience(lookEveryMs, ended, (patience) => this.bell.rung(patience));
      if (this.failure !== undefined && this.failure !== failure) throw this.failure.error;
    }
  }

  close(): void {
    this.closed.abort();
  }

  private async look(): Promise<void> {
    try {
      this.learn([...(await this.ends())]);
    } catch (error) {
      this.failure = { error };
      this.bell.ring();
    }
  }

  private learn(ends: readonly (readonly [string, number])[]): void {
    let isNews = false;
    for (const [name, end] of ends) {
      if (end <= (this.known.get(name) ?? 0)) continue;
      this.known.set(name, end);
      isNews = true;
    }
    if (!isNews) return;
    this.version += 1;
    this.bell.ring();
  }
}
