import { availableParallelism } from 'node:os';
import { type Position } from '../../kernel/envelope.js';
import { isRejection, reject, type Rejection } from '../../kernel/rejection.js';
import { type Clock } from '../../ports/clock.js';
import { type EventStore } from '../../ports/event-store.js';
import {
  type Build,
  type Generation,
  type Generations,
  type GenerationsOf,
} from '../../ports/generations.js';
import { type Leases } from '../../ports/leases.js';
import { type Views } from '../../ports/views.js';
import { ViewProgress } from '../consistency.js';
import { type AnyProjection } from '../projection.js';
import { projectionLease } from '../runner.js';
import { type Member, members } from '../shares.js';
import {
  approve,
  cancel,
  checkpointOf,
  type GenerationsRefusal,
  generationsOf,
  prune,
  rebuild,
  resume,
  revise,
  rollBack,
  storagesOf,
} from './generations.js';

export interface DeskPorts {
  readonly generations: Generations;
  readonly eventStore: Pick<EventStore, 'head' | 'fractionAt'>;
  readonly views: Pick<Views, 'existing' | 'names' | 'drop'>;
  readonly leases: Pick<Leases, 'held'>;
  readonly clock: Clock;
}

export type DeskRefusal = GenerationsRefusal | Rejection<'PROJECTION_NOT_FOUND' | 'FORMER_GENERATION_BEHIND'>;

export interface RebuildOptions {
  readonly switches?: Build['switches'] | undefined;
  readonly parallel?: number | undefined;
  readonly fromVersion?: number | undefined;
}

/** One generation as it stands. */
export interface GenerationStatus extends Generation {
  readonly position: Position | null;
  /** Share of the log that it has got to, 0 to 1. */
  readonly reached: number;
  /** The process that writes it; null while none does. */
  readonly owner: string | null;
}

/** One view as it stands, wherever its parts run. */
export interface ViewStatus {
  readonly name: string;
  /** Of the projection that this process knows. */
  readonly version: number;
  readonly phase: 'unbuilt' | 'serving' | Build['phase'];
  readonly serving: GenerationStatus | null;
  readonly former: readonly GenerationStatus[];
  readonly build: (Build & GenerationStatus) | null;
  readonly comparison: GenerationsOf['comparison'];
}

export interface Overview {
  readonly views: readonly ViewStatus[];
  /** The processes that keep views. */
  readonly keepers: readonly Member[];
  /** The position of the last event. */
  readonly head: Position | null;
}

/** The partitions of a replay, unless somebody asks for another number. */
export const defaultParallel = (): number => Math.min(4, availableParallelism());

export const mostParallel = 32;

/** What an operator sees of the views and can do with them, from any process. */
export class ProjectionDesk {
  /** @param projections that it may look at: those of this process's services */
  constructor(
    private readonly ports: DeskPorts,
    private readonly projections: readonly AnyProjection[],
  ) {}

  async all(): Promise<readonly ViewStatus[]> {
    return Promise.all(this.projections.map((projection) => this.statusOf(projection)));
  }

  async overview(): Promise<Overview> {
    const head = (await this.ports.eventStore.head()) ?? null;
    return { views: await this.all(), keepers: await this.keepers(), head };
  }

  async one(name: string): Promise<ViewStatus | DeskRefusal> {
    const projection = this.named(name);
    return isRejection(projection) ? projection : this.statusOf(projection);
  }

  /** The processes that keep views. */
  keepers(): Promise<readonly Member[]> {
    return members(this.ports.leases);
  }

  async rebuild(name: string, options: RebuildOptions = {}): Promise<ViewStatus | DeskRefusal> {
    const { switches = 'when equal', parallel = defaultParallel(), fromVersion } = options;
    return this.change(name, (generations, { version }) =>
      rebuild(generations, { version, at: this.ports.clock.now(), switches, parallel, fromVersion }),
    );
  }

  resume(name: string): Promise<ViewStatus | DeskRefusal> {
    return this.change(name, resume);
  }

  /** Lets a build take over that is waiting. */
  switch(name: string): Promise<ViewStatus | DeskRefusal> {
    return this.change(name, approve);
  }

  async cancel(name: string): Promise<ViewStatus | DeskRefusal> {
    const outcome = await this.change(name, cancel);
    if (!isRejection(outcome)) await this.sweep(name);
    return isRejection(outcome) ? outcome : this.one(name);
  }

  async rollback(name: string): Promise<ViewStatus | DeskRefusal> {
    const status = await this.one(name);
    if (isRejection(status)) return status;
    const { serving, former } = status;
    const [latest] = former;
    if (latest !== undefined && (latest.position ?? '') < (serving?.position ?? '')) {
      const caughtUp = await this.until(latest, serving?.position ?? null);
      if (!caughtUp) {
        return reject(
          'FORMER_GENERATION_BEHIND',
          `Generation ${latest.number} of ${name} has not got to where generation ${serving?.number ?? 0} is. ` +
            `A process with version ${latest.version} of the projection must be running; or rebuild the view.`,
        );
      }
    }
    return this.change(name, rollBack);
  }

  /** Removes the generations that served before, and whatever else there is of the view that nobody refers to. */
  async prune(name: string): Promise<ViewStatus | DeskRefusal> {
    const outcome = await this.change(name, prune);
    if (!isRejection(outcome)) await this.sweep(name);
    return isRejection(outcome) ? outcome : this.one(name);
  }

  private async change(
    name: string,
    change: (generations: GenerationsOf, projection: AnyProjection) => GenerationsOf | DeskRefusal,
  ): Promise<ViewStatus | DeskRefusal> {
    const projection = this.named(name);
    if (isRejection(projection)) return projection;
    const outcome = await revise(this.ports.generations, name, (generations) =>
      change(generations, projection),
    );
    return isRejection(outcome) ? outcome : this.statusOf(projection);
  }

  private named(name: string): AnyProjection | DeskRefusal {
    const names = this.projections.map((projection) => projection.name).join(', ');
    return (
      this.projections.find((projection) => projection.name === name) ??
      reject('PROJECTION_NOT_FOUND', `There is no projection ${name} here. There are ${names}.`)
    );
  }

  private async sweep(name: string): Promise<void> {
    const known = new Set(storagesOf(await generationsOf(this.ports.generations, name)));
    const ofThisView = new RegExp(`^${name}_v\\d+_g\\d+$`);
    for (const storage of await this.ports.views.names()) {
      if (ofThisView.test(storage) && !known.has(storage)) await this.ports.views.drop(storage);
    }
  }

  private async until({ storage }: GenerationStatus, position: Position | null): Promise<boolean> {
    const view = await this.ports.views.existing(storage);
    if (position === null || view === undefined) return position === null;
    return new ViewProgress(view).waitUntil(position, rollbackPatienceMs);
  }

  private async statusOf(projection: AnyProjection): Promise<ViewStatus> {
    const { generations, eventStore, leases, views } = this.ports;
    const { name, version } = projection;
    const known = await generationsOf(generations, name);
    const head = await eventStore.head();
    const owners = new Map(
      (await leases.held(projectionLease(name))).map((lease) => [lease.name, lease.owner]),
    );
    const stand = async <G extends Generation>(generation: G): Promise<G & GenerationStatus> => {
      const { storage } = generation;
      const position = await positionOf(views, storage);
      const reached = head === undefined ? 1 : position === null ? 0 : eventStore.fractionAt(position, head);
      return { ...generation, position, reached, owner: owners.get(projectionLease(storage)) ?? null };
    };
    const { serving, former, build, comparison } = known;
    return {
      name,
      version,
      phase: build?.phase ?? (serving === null ? 'unbuilt' : 'serving'),
      serving: serving && (await stand(serving)),
      former: await Promise.all(former.map(stand)),
      build: build && (await stand(build)),
      comparison,
    };
  }
}

/** null also of a storage that cannot be read: what can be done about that must not depend on it. */
const positionOf = async (views: Pick<Views, 'existing'>, storage: string): Promise<Position | null> => {
  try {
    return (await checkpointOf(views, storage)) ?? null;
  } catch {
    return null;
  }
};

const rollbackPatienceMs = 2_000;
