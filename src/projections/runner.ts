import { follow } from '../execution/follow.js';
import { type LeadershipOptions, type Term, whileLeading } from '../execution/leadership.js';
import { type DomainEvent } from '../kernel/decider.js';
import { type Position } from '../kernel/envelope.js';
import { type Delivery, type EventStore } from '../ports/event-store.js';
import { type ProjectionFailure } from '../ports/generations.js';
import { type Lease } from '../ports/leases.js';
import { type View, ViewDropped } from '../ports/views.js';
import { changesOf, foldInto, keyed, workingOn } from './fold.js';
import { IdleCheckpoint } from './idle-checkpoint.js';
import { eventFilter, type Projection } from './projection.js';

/** The name of the lease whose holder alone writes a storage; the others stand by. */
export const projectionLease = (storage: string): string => `projection:${storage}`;

export interface RunnerPorts<Doc extends object> extends LeadershipOptions {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'head'>;
  readonly view: Pick<View<Doc>, 'getMany' | 'write' | 'checkpoint'>;
  readonly batchSize?: number;
  /** What has to be done under the lease before the generation simply follows the events: its build. */
  readonly prepare?: (term: Term, follow: FollowUntil) => Promise<ProjectionFailure | undefined>;
}

/**
 * Follows the events until the term is over, or a delivery has been written of which the condition holds.
 * @returns the event that it stopped at, if it did
 */
export type FollowUntil = (
  term: Term,
  condition: (delivery: Delivery) => boolean,
) => Promise<ProjectionFailure | undefined>;

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly storage: string;
  readonly state:
    'starting' | 'standby' | 'building' | 'catching-up' | 'live' | 'restarting' | 'failed' | 'stopped';
  /** Up to here the view has been written. */
  readonly position: Position | undefined;
  readonly eventsApplied: number;
  /** Restarts after faults of the store, the view or the leases. */
  readonly restarts: number;
  readonly error?: ProjectionFailure;
}

/** Where the events of one document stand close together: the fewer batches, the fewer times it is written. */
export const largeBatch = 2048;

/**
 * Keeps one generation of a view in step with the events. It may be killed at any instruction: it resumes from the
 * view's checkpoint. Nothing but the documents of its view can be touched by it.
 */
export class ProjectionRunner<Event extends DomainEvent, Doc extends object> {
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<(position: Position) => void>();
  private current: ProjectionStatus;
  private running: Promise<void> | undefined;

  constructor(
    private readonly projection: Projection<Event, Doc>,
    private readonly storage: string,
    private readonly ports: RunnerPorts<Doc>,
  ) {
    const { name, version } = projection;
    this.current = {
      name,
      version,
      storage,
      state: 'starting',
      position: undefined,
      eventsApplied: 0,
      restarts: 0,
    };
  }

  get status(): ProjectionStatus {
    return this.current;
  }

  start(): this {
    this.running ??= this.run();
    return this;
  }

  /** Finishes the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Tells how far the view has been written by this runner; gives the function that ends it. */
  onAdvance(listener: (position: Position) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async run(): Promise<void> {
    const office = {
      name: projectionLease(this.storage),
      serve: (term: Term) =>
        this.serve(term).catch((error: unknown) => {
          this.unlessDropped(error);
        }),
      onStandby: () => {
        this.update({ state: 'standby' });
      },
      onFault: () => {
        this.update({ state: 'restarting', restarts: this.current.restarts + 1 });
      },
    };
    await whileLeading(office, this.ports, this.stopping.signal);
    if (this.current.state !== 'failed') this.update({ state: 'stopped' });
  }

  /** Nothing is left to write: the generation was pruned, cancelled or lost, which is its keeper's business. */
  private unlessDropped(error: unknown): void {
    if (!(error instanceof ViewDropped)) throw error;
    this.ports.logger.info({ projection: this.storage }, error.message);
    this.stopping.abort();
  }

  private async serve(term: Term): Promise<void> {
    const { prepare } = this.ports;
    if (prepare !== undefined) this.update({ state: 'building' });
    const failure =
      (await prepare?.(term, (...args) => this.follow(...args))) ?? (await this.follow(term, () => false));
    if (failure !== undefined) this.fail(failure);
  }

  private async follow(
    { lease, signal, goesWell }: Term,
    condition: (delivery: Delivery) => boolean,
  ): Promise<ProjectionFailure | undefined> {
    const { eventStore, view, batchSize = largeBatch } = this.ports;
    const checkpoint = await view.checkpoint();
    const head = await eventStore.head();
    if (signal.aborted) return undefined;
    if (checkpoint !== undefined) this.advance(checkpoint);
    const isAtHead = head === undefined || (checkpoint !== undefined && checkpoint >= head);
    this.update({ state: isAtHead ? 'live' : 'catching-up' });
    const options = {
      from: checkpoint ?? 'start',
      filter: eventFilter(this.projection),
      batchSize,
    } as const;
    const broken = new AbortController();
    const idle = new IdleCheckpoint(
      (position) => view.write([], position, lease),
      (error) => {
        broken.abort(error);
      },
    );
    try {
      for await (const delivery of follow(eventStore, options, AbortSignal.any([signal, broken.signal]))) {
        const poison = await this.apply(delivery, lease, idle);
        if (poison !== undefined) return poison;
        goesWell();
        if (condition(delivery)) break;
      }
      broken.signal.throwIfAborted();
      await idle.flush();
    } finally {
      idle.overtaken();
    }
    return undefined;
  }

  private async apply(
    { events, position, caughtUp }: Delivery,
    lease: Lease,
    idle: IdleCheckpoint,
  ): Promise<ProjectionFailure | undefined> {
    const { view } = this.ports;
    const known = keyed(this.projection, events);
    const ids = [...new Set(known.keyed.map(({ id }) => id))];
    const working = workingOn(ids.length === 0 ? [] : await view.getMany(ids));
    const { changed, applied, poison = known.poison } = foldInto(this.projection, working, known.keyed);
    // A poisoned batch is written up to the event before the poison.
    const reached =
      poison === undefined
        ? position
        : events.findLast((event) => event.position < poison.position)?.position;
    if (reached !== undefined) {
      if (changed.size > 0 || poison !== undefined) {
        await view.write(changesOf(working, changed), reached, lease);
        idle.overtaken();
      } else idle.reached(reached);
      this.advance(reached);
    }
    this.update({
      state: caughtUp ? 'live' : 'catching-up',
      eventsApplied: this.current.eventsApplied + applied,
    });
    return poison;
  }

  private fail(failure: ProjectionFailure): void {
    this.update({ state: 'failed', error: failure });
    const projection = this.storage;
    this.ports.logger.error({ projection, failure }, 'projection stopped at an event it cannot apply');
    this.stopping.abort();
  }

  private advance(position: Position): void {
    this.update({ position });
    for (const listener of this.listeners) listener(position);
  }

  private update(change: Partial<ProjectionStatus>): void {
    this.current = { ...this.current, ...change };
  }
}
