import { pause } from '../../execution/pause.js';
import { type Term } from '../../execution/leadership.js';
import { type Position } from '../../kernel/envelope.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import {
  type Build,
  type BuildProgress,
  type Comparison,
  type Generation,
  type Generations,
  type ProjectionFailure,
} from '../../ports/generations.js';
import { type Logger } from '../../ports/logger.js';
import { type Views } from '../../ports/views.js';
import { type AnyProjection } from '../projection.js';
import { type FollowUntil } from '../runner.js';
import { isEqual } from './compare.js';
import { checkpointOf, generationsOf, revise, switchToBuild } from './generations.js';
import { type BuildWork } from './work.js';

export interface BuildPorts {
  readonly generations: Generations;
  readonly eventStore: Pick<EventStore, 'head' | 'fractionAt'>;
  readonly views: Pick<Views, 'existing'>;
  readonly work: BuildWork;
  readonly clock: Clock;
  readonly logger: Logger;
}

const progressEveryMs = 400;
/** How long the serving generation may take to get to the position of a comparison. */
const servingPatienceMs = 30_000;
const lookAgainMs = 50;
const lookForSwitchMs = 250;

/**
 * The way of a new generation from nothing to serving: replay, catch up, compare, switch. It can be killed at any
 * instruction: whoever gets the lease of its storage next goes on with what the entry of its view says.
 */
export class GenerationBuild {
  private readonly projection: string;
  private lastSaved = 0;

  constructor(
    { name }: Pick<AnyProjection, 'name'>,
    private readonly storage: string,
    private readonly ports: BuildPorts,
  ) {
    this.projection = name;
  }

  /**
   * Done when the generation serves, or is not wanted any more.
   * @returns the event that it cannot get past
   */
  async run(term: Term, follow: FollowUntil): Promise<ProjectionFailure | undefined> {
    const over = (): boolean => term.signal.aborted;
    const build = await this.current();
    if (build === undefined) return undefined;
    const unreplayed = await this.replay(build, term);
    if (unreplayed !== undefined) return this.failed(unreplayed);
    if (over()) return undefined;
    const failure = await this.catchUp(term, follow);
    if (failure !== undefined) return this.failed(failure);
    if (over()) return undefined;

    const serving = await this.serving();
    if (serving !== null) {
      const comparison = await this.compare(build, serving, term);
      if (over()) return undefined;
      const mayFollow = build.version !== serving.version || isEqual(comparison);
      if (build.switches === 'when equal' && mayFollow) {
        await this.save({ phase: 'catching up', comparison });
      } else {
        await this.save({ phase: 'waiting', comparison });
        const poison = await this.untilSwitch(term, follow);
        if (poison !== undefined) return this.failed(poison);
      }
    }
    return over() ? undefined : this.switchOver(term, follow);
  }

  /** Follows the events until an operator says `switch`, or does not want the build any more. */
  private async untilSwitch(term: Term, follow: FollowUntil): Promise<ProjectionFailure | undefined> {
    for (;;) {
      const build = await this.current();
      if (build === undefined || build.switchNow || term.signal.aborted) return undefined;
      const over = AbortSignal.timeout(lookForSwitchMs);
      const poison = await follow({ ...term, signal: AbortSignal.any([term.signal, over]) }, () => false);
      if (poison !== undefined) return poison;
    }
  }

  private async replay(
    build: Build,
    { lease, signal, goesWell }: Term,
  ): Promise<ProjectionFailure | undefined> {
    const { eventStore, work } = this.ports;
    await this.save({ phase: 'replaying', failure: null });
    const head = await eventStore.head();
    const meter = new Meter(build.progress, this.ports.clock);
    const task = { projection: this.projection, storage: this.storage, lease, parallel: build.parallel };
    const onProgress = (events: number, position?: Position): void => {
      goesWell();
      const fraction =
        head === undefined || position === undefined ? 0 : eventStore.fractionAt(position, head);
      void this.saveNowAndThen({ progress: meter.reading(events, fraction, position) });
    };
    const end = await work.replay(task, { signal, onProgress });
    if (end.is === 'poisoned') return end.poison;
    return undefined;
  }

  private async catchUp(term: Term, follow: FollowUntil): Promise<ProjectionFailure | undefined> {
    const read = (await this.current())?.progress;
    await this.save({
      phase: 'catching up',
      ...(read === undefined ? {} : { progress: { ...read, fraction: 1, remainingSeconds: 0 } }),
    });
    return follow(term, ({ caughtUp }) => caughtUp);
  }

  private async compare(build: Build, serving: Generation, { signal, goesWell }: Term): Promise<Comparison> {
    const { work } = this.ports;
    await this.save({ phase: 'comparing' });
    const position = await checkpointOf(this.ports.views, this.storage);
    if (build.version === serving.version && position !== undefined) {
      // One that does not get there has stopped, and is compared as far as it has got.
      const deadline = performance.now() + servingPatienceMs;
      while (!signal.aborted && performance.now() < deadline) {
        const reached = await checkpointOf(this.ports.views, serving.storage);
        if (reached !== undefined && reached >= position) break;
        await pause(lookAgainMs, signal);
      }
    }
    const progress = (await this.current())?.progress ?? build.progress;
    const onProgress = (documents: number): void => {
      goesWell();
      const updatedAt = this.ports.clock.now();
      void this.saveNowAndThen({ progress: { ...progress, documents, updatedAt } });
    };
    const task = {
      projection: this.projection,
      serving: serving.storage,
      built: this.storage,
      size: progress.events,
    };
    return work.compare(task, { signal, onProgress });
  }

  /** When it has got as far as the one that serves: who has seen something must not lose sight of it. */
  private async switchOver(term: Term, follow: FollowUntil): Promise<ProjectionFailure | undefined> {
    const serving = await this.serving();
    const seen = serving === null ? undefined : await checkpointOf(this.ports.views, serving.storage);
    const isBehind = (position: Position): boolean => seen !== undefined && position < seen;
    const poison = await follow(term, ({ position, caughtUp }) => caughtUp && !isBehind(position));
    if (poison !== undefined) return this.failed(poison);
    if (term.signal.aborted) return undefined;
    const after = await revise(this.ports.generations, this.projection, (generations) =>
      generations.build?.storage === this.storage ? switchToBuild(generations) : generations,
    );
    const { projection, storage } = this;
    this.ports.logger.info(
      { projection, storage, former: after.former[0]?.storage },
      'a new generation serves',
    );
    return undefined;
  }

  private async failed(failure: ProjectionFailure): Promise<ProjectionFailure> {
    await this.save({ phase: 'failed', failure });
    return failure;
  }

  /** undefined when it is no build any more. */
  private async current(): Promise<Build | undefined> {
    const { build } = await generationsOf(this.ports.generations, this.projection);
    return build?.storage === this.storage ? build : undefined;
  }

  private async serving(): Promise<Generation | null> {
    return (await generationsOf(this.ports.generations, this.projection)).serving;
  }

  private async save(change: Partial<Build>): Promise<void> {
    await revise(this.ports.generations, this.projection, (generations) => {
      const { build } = generations;
      return build?.storage === this.storage
        ? { ...generations, build: { ...build, ...change } }
        : generations;
    });
  }

  /** Progress that cannot be saved is no reason to stop. */
  private async saveNowAndThen(change: Partial<Build>): Promise<void> {
    if (performance.now() - this.lastSaved < progressEveryMs) return;
    this.lastSaved = performance.now();
    await this.save(change).catch((error: unknown) => {
      this.ports.logger.warn(
        { err: error, storage: this.storage },
        'the progress of a rebuild could not be saved',
      );
    });
  }
}

/** Rates since the start of this process's part of the work. */
class Meter {
  private readonly started = performance.now();
  private firstFraction: number | undefined;

  constructor(
    private readonly before: BuildProgress,
    private readonly clock: Clock,
  ) {}

  reading(events: number, fraction: number, position: Position | undefined): BuildProgress {
    const seconds = Math.max(0.001, (performance.now() - this.started) / 1_000);
    this.firstFraction ??= this.before.fraction;
    const done = fraction - this.firstFraction;
    return {
      fraction,
      events: this.before.events + events,
      eventsPerSecond: Math.round(events / seconds),
      remainingSeconds: done > 0 ? Math.round(((1 - fraction) * seconds) / done) : null,
      position: position ?? this.before.position,
      documents: 0,
      updatedAt: this.clock.now(),
    };
  }
}
