import { pause } from '../execution/pause.js';
import { withRestarts } from '../execution/restarts.js';
import { type LeadershipOptions } from '../execution/leadership.js';
import { type DomainEvent } from '../kernel/decider.js';
import { type Position } from '../kernel/envelope.js';
import { isRejection } from '../kernel/rejection.js';
import { type Clock } from '../ports/clock.js';
import { type EventStore } from '../ports/event-store.js';
import { type Generations, type GenerationsOf } from '../ports/generations.js';
import { type Leases } from '../ports/leases.js';
import { type Views } from '../ports/views.js';
import { allProjections } from './all.js';
import { type AnyProjection } from './projection.js';
import { GenerationBuild } from './rebuild/build.js';
import { cancel, readable, rebuild, revise, storagesOf, without } from './rebuild/generations.js';
import { type BuildWork } from './rebuild/work.js';
import { projectionLease, ProjectionRunner, type ProjectionStatus } from './runner.js';
import { keeperOf, members, takePart } from './shares.js';

export interface KeeperPorts extends LeadershipOptions {
  readonly leases: Leases;
  readonly eventStore: Pick<EventStore, 'subscribe' | 'head' | 'fractionAt'>;
  readonly views: Views;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly workFor: (projection: AnyProjection) => BuildWork;
  /** Partitions of a replay that nobody asked for. */
  readonly parallel: number;
}

interface Kept {
  readonly runner: ProjectionRunner<DomainEvent, object>;
  /** Of the build when it was started. */
  readonly attempt: number;
}

/** Each look asks the storage about every view. */
const lookEveryMs = 250;

/**
 * Keeps the views of this process: of each it runs the generations that must follow the events (the one that serves,
 * the one before, the one that is being built), as long as it is this process's share. It begins the build of a view
 * that has no generation of the projection's version.
 */
export class ProjectionKeeper {
  private readonly stopping = new AbortController();
  private readonly kept = new Map<string, Kept>();
  private readonly checked = new Set<string>();
  /** The views that could not be kept when they were looked at last. */
  private readonly troubled = new Map<string, ProjectionStatus>();
  private readonly listeners = new Set<(storage: string, position: Position) => void>();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly projections: readonly AnyProjection[],
    private readonly ports: KeeperPorts,
  ) {}

  start(): this {
    const { signal } = this.stopping;
    const part = takePart(
      this.projections.map(({ name }) => name),
      this.ports,
      signal,
    );
    this.running = Promise.all([
      part,
      withRestarts({ name: 'projections', run: (goesWell) => this.look(goesWell) }, this.ports, signal),
    ]);
    return this;
  }

  /** Each finishes the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all([...this.kept.values()].map(({ runner }) => runner.stop()));
  }

  get status(): readonly ProjectionStatus[] {
    return [...[...this.kept.values()].map(({ runner }) => runner.status), ...this.troubled.values()];
  }

  /** Told how far a storage has been written by this process. */
  onAdvance(listener: (storage: string, position: Position) => void): void {
    this.listeners.add(listener);
  }

  private async look(goesWell: () => void): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const all = await members(this.ports.leases);
      for (const projection of this.projections) {
        const index = allProjections.findIndex((each) => each.projection.name === projection.name);
        const isMine = keeperOf(projection.name, index, all) === this.ports.owner;
        await this.keepOrTellWhyNot(projection, isMine);
      }
      goesWell();
      await pause(lookEveryMs, this.stopping.signal);
    }
  }

  /** What is wrong with one view must not keep the others from being kept. */
  private async keepOrTellWhyNot(projection: AnyProjection, isMine: boolean): Promise<void> {
    const { name, version } = projection;
    try {
      await this.keep(projection, isMine);
      this.troubled.delete(name);
    } catch (error) {
      const { restarts = 0 } = this.troubled.get(name) ?? {};
      const faults = restarts + 1;
      const none = { storage: '', position: undefined, eventsApplied: 0 };
      this.troubled.set(name, { name, version, ...none, state: 'restarting', restarts: faults });
      // Four times a second would hide everything else in the log.
      if (faults === 1 || faults % 100 === 0) {
        this.ports.logger.error(
          { err: error, projection: name, faults },
          'a view cannot be kept; tried again',
        );
      }
    }
  }

  private async keep(projection: AnyProjection, isMine: boolean): Promise<void> {
    const { name, version } = projection;
    const generations = isMine ? await this.prepared(projection) : undefined;
    const wanted = new Map<string, number>();
    if (generations !== undefined) {
      const { serving, former, build } = generations;
      for (const each of [readable(generations, version), serving, former[0]]) {
        if (each?.version === version) wanted.set(each.storage, 0);
      }
      if (build?.version === version) wanted.set(build.storage, build.attempt);
    }
    for (const [storage, { runner, attempt }] of this.kept) {
      if (runner.status.name !== name) continue;
      // Its storage is gone.
      if (runner.status.state === 'stopped') this.kept.delete(storage);
      const wants = wanted.get(storage);
      // One that was a build and serves now goes on; one that failed is started again by a new attempt.
      if (wants !== undefined && (wants === 0 || wants === attempt)) continue;
      await runner.stop();
      this.kept.delete(storage);
      if (isMine && wants === undefined) await this.dropUnknown(name, storage);
    }
    for (const [storage, attempt] of wanted) {
      if (!this.kept.has(storage)) await this.run(projection, storage, attempt);
    }
  }

  /** The generations as they are to be kept: with a build of this version, if none can be read. */
  private async prepared(projection: AnyProjection): Promise<GenerationsOf> {
    const { generations: store, clock, parallel } = this.ports;
    const { name, version } = projection;
    if (!this.checked.has(name)) {
      const loaded = await store.load(name);
      if (loaded !== undefined) await this.forgetLost(loaded.generations);
      this.checked.add(name);
    }
    return revise(store, name, (generations) => {
      const { serving, build } = generations;
      const isOlder = serving !== null && serving.version > version;
      if (readable(generations, version) !== undefined || isOlder || (build?.version ?? 0) >= version) {
        return generations;
      }
      const free = build === null ? generations : cancel(generations);
      if (isRejection(free)) return generations;
      const asked = rebuild(free, { version, at: clock.now(), switches: 'when equal', parallel });
      return isRejection(asked) ? generations : asked;
    });
  }

  /** After a restore from a backup a storage is not there, or empty, or ahead of the log: it cannot serve. */
  private async forgetLost({ projection, serving, former }: GenerationsOf): Promise<void> {
    const { eventStore, views, generations, leases, logger } = this.ports;
    const lost = new Set<string>();
    for (const { storage } of [...(serving === null ? [] : [serving]), ...former]) {
      // Somebody keeps it.
      const lease = projectionLease(storage);
      if ((await leases.held(lease)).some(({ name }) => name === lease)) continue;
      const view = await views.existing(storage).catch((error: unknown) => {
        logger.error({ err: error, projection, storage }, 'a storage of a view cannot be read');
        return undefined;
      });
      const checkpoint = await view?.checkpoint();
      const head = await eventStore.head();
      // One of no events is at a position too, before all events.
      const holdsAny = async (): Promise<boolean> => ((await view?.scan(undefined, 1)) ?? []).length > 0;
      const isAhead = checkpoint !== undefined && (head === undefined ? await holdsAny() : checkpoint > head);
      const isEmpty = checkpoint === undefined && head !== undefined;
      if (view !== undefined && !isAhead && !isEmpty) continue;
      const why = isAhead ? 'it is ahead of the event store' : 'its storage is not there, or empty';
      logger.error({ projection, storage }, `a generation of a view is given up: ${why}`);
      lost.add(storage);
      await views.drop(storage);
    }
    if (lost.size === 0) return;
    await revise(generations, projection, (current) => without(current, ({ storage }) => lost.has(storage)));
  }

  /** @param attempt of its build; 0 when it is none: then its storage must be there */
  private async run(projection: AnyProjection, storage: string, attempt: number): Promise<void> {
    const { views, workFor } = this.ports;
    const view =
      attempt > 0
        ? views.open<object>({ name: storage, indexes: [] })
        : await views.existing<object>(storage);
    if (view === undefined) {
      this.checked.delete(projection.name);
      return;
    }
    const build = new GenerationBuild(projection, storage, { ...this.ports, work: workFor(projection) });
    const runner = new ProjectionRunner<DomainEvent, object>(projection, storage, {
      ...this.ports,
      view,
      prepare: (term, follow) => build.run(term, follow),
    });
    runner.onAdvance((position) => {
      for (const listener of this.listeners) listener(storage, position);
    });
    this.kept.set(storage, { runner: runner.start(), attempt });
  }

  /** What was cancelled or pruned while it was written here. */
  private async dropUnknown(projection: string, storage: string): Promise<void> {
    const loaded = await this.ports.generations.load(projection);
    if (loaded === undefined || !storagesOf(loaded.generations).includes(storage)) {
      await this.ports.views.drop(storage);
    }
  }
}
