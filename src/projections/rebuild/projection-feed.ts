import { hash } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { pause } from '../../execution/pause.js';
import { withRestarts } from '../../execution/restarts.js';
import { LOGGER } from '../../execution/tokens.js';
import { type Frame, frameOf } from '../../http/event-stream.js';
import { type Logger } from '../../ports/logger.js';
import { ProjectionDesk } from './desk.js';
import { toOverview } from './projection-documents.js';

export interface OverviewListener {
  push(frame: Frame): void;
}

/** From the first listener to the last. */
interface Watch {
  readonly stop: AbortController;
  latest: { readonly body: string; readonly frame: Frame } | undefined;
}

const lookEveryMs = 500;

/** Tells listeners of this process how the views stand, whenever that has changed: one loop looks for all of them. */
@Injectable()
export class ProjectionFeed implements OnApplicationShutdown {
  private readonly listeners = new Set<OverviewListener>();
  private watch: Watch | undefined;
  private over: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(ProjectionDesk) private readonly desk: Pick<ProjectionDesk, 'overview'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Pushes how the views stand now, and then whenever that has changed. @returns the function that ends it */
  listen(listener: OverviewListener): () => void {
    this.listeners.add(listener);
    this.watch ??= this.start();
    if (this.watch.latest !== undefined) listener.push(this.watch.latest.frame);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.watch?.stop.abort();
      this.watch = undefined;
    };
  }

  /** Those who listen have been sent away by then. */
  async onApplicationShutdown(): Promise<void> {
    await this.over;
  }

  private start(): Watch {
    const watch: Watch = { stop: new AbortController(), latest: undefined };
    const work = { name: 'projection feed', run: (goesWell: () => void) => this.run(watch, goesWell) };
    this.over = Promise.all([this.over, withRestarts(work, { logger: this.logger }, watch.stop.signal)]);
    return watch;
  }

  private async run(watch: Watch, goesWell: () => void): Promise<void> {
    const { signal } = watch.stop;
    const over = (): boolean => signal.aborted;
    while (!over()) {
      const body = JSON.stringify(toOverview(await this.desk.overview()));
      if (!over() && body !== watch.latest?.body) {
        const frame = frameOf(hash('sha256', body).slice(0, 16), 'projections', body);
        watch.latest = { body, frame };
        for (const listener of this.listeners) listener.push(frame);
      }
      goesWell();
      await pause(lookEveryMs, signal);
    }
  }
}
