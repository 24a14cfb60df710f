import { follow } from '../execution/follow.js';
import { type LeadershipOptions, type Term, whileLeading } from '../execution/leadership.js';
import { type DomainEvent } from '../kernel/decider.js';
import { type Position } from '../kernel/envelope.js';
import { type Delivery, type EventStore } from '../ports/event-store.js';
import { type Lease } from '../ports/leases.js';
import { type View } from '../ports/views.js';
import { foldInto, keyed, type Poison } from './fold.js';
import { eventFilter, type Projection, storageName } from './projection.js';

/** Only the holder of the lease `projection:<storage name>` writes; the others stand by. */
export interface RunnerPorts<Doc extends object> extends LeadershipOptions {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'head'>;
  readonly view: Pick<View<Doc>, 'getMany' | 'write' | 'checkpoint'>;
  readonly batchSize?: number;
}

/** The event that a view stopped at. */
export interface ProjectionFailure {
  readonly message: string;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly documentId: string | null;
}

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly state: 'starting' | 'standby' | 'catching-up' | 'live' | 'restarting' | 'failed' | 'stopped';
  /** Up to here the view has been written. */
  readonly position: Position | undefined;
  readonly eventsApplied: number;
  /** Restarts after faults of the store, the view or the leases. */
  readonly restarts: number;
  readonly error?: ProjectionFailure;
}

/** Of a rebuild, where the events of one document stand close together: the fewer batches, the fewer times it is written. */
export const largeBatch = 2048;

/** The checkpoint may stay behind by this many deliveries that changed nothing, until the view has caught up. */
const mostUnwritten = 100;

/** Keeps one view in step with the events. It may be killed at any instruction: it resumes from the view's checkpoint. */
export class ProjectionRunner<Event extends DomainEvent, Doc extends object> {
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<(position: Position) => void>();
  private current: ProjectionStatus;
  private running: Promise<void> | undefined;
  private unwritten = 0;

  constructor(
    private readonly projection: Projection<Event, Doc>,
    private readonly ports: RunnerPorts<Doc>,
  ) {
    const { name, version } = projection;
    this.current = { name, version, state: 'starting', position: undefined, eventsApplied: 0, restarts: 0 };
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
      name: `projection:${storageName(this.projection)}`,
      serve: (term: Term) => this.follow(term),
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

  private async follow({ lease, signal, goesWell }: Term): Promise<void> {
    const { eventStore, view, batchSize = largeBatch } = this.ports;
    const checkpoint = await view.checkpoint();
    const head = await eventStore.head();
    if (signal.aborted) return;
    if (checkpoint !== undefined) this.advance(checkpoint);
    const isAtHead = head === undefined || (checkpoint !== undefined && checkpoint >= head);
    this.update({ state: isAtHead ? 'live' : 'catching-up' });
    const options = {
      from: checkpoint ?? 'start',
      filter: eventFilter(this.projection),
      batchSize,
    } as const;
    for await (const delivery of follow(eventStore, options, signal)) {
      await this.apply(delivery, lease);
      goesWell();
    }
  }

  private async apply({ events, position, caughtUp }: Delivery, lease: Lease): Promise<void> {
    const { view } = this.ports;
    const known = keyed(this.projection, events);
    const ids = [...new Set(known.keyed.map(({ id }) => id))];
    const stored = ids.length === 0 ? [] : await view.getMany(ids);
    const { changes, applied, poison = known.poison } = foldInto(this.projection, stored, known.keyed);
    // A poisoned batch is written up to the event before the poison.
    const reached = poison === undefined ? position : events[events.indexOf(poison.event) - 1]?.position;
    if (reached !== undefined && (changes.length > 0 || caughtUp || ++this.unwritten >= mostUnwritten)) {
      await view.write(changes, reached, lease);
      this.unwritten = 0;
      this.advance(reached);
    }
    this.update({
      state: caughtUp ? 'live' : 'catching-up',
      eventsApplied: this.current.eventsApplied + applied,
    });
    if (poison !== undefined) this.fail(poison);
  }

  private fail({ event, error, documentId }: Poison): void {
    const failure: ProjectionFailure = {
      message: messageOf(error),
      eventId: event.id,
      type: event.type,
      stream: event.stream,
      revision: event.revision,
      position: event.position,
      documentId,
    };
    this.update({ state: 'failed', error: failure });
    const projection = storageName(this.projection);
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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
