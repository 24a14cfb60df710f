import { type DomainEvent } from '../kernel/decider.js';
import { type Position } from '../kernel/envelope.js';
import { type Delivery, type EventStore } from '../ports/event-store.js';
import { type Lease, LeaseLost } from '../ports/leases.js';
import { type Logger } from '../ports/logger.js';
import { type View } from '../ports/views.js';
import { foldInto, keyed, type Poison } from './fold.js';
import { awaitLease, keepLease, type LeaseTerms, pauseUnless } from './lease-holder.js';
import { eventFilter, type Projection, storageName } from './projection.js';

export interface RunnerPorts<Doc extends object> {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'head'>;
  readonly view: Pick<View<Doc>, 'getMany' | 'write' | 'checkpoint'>;
  readonly logger: Logger;
  /** With it, only the holder of `projection:<storage name>` writes; the others stand by. */
  readonly lease?: LeaseTerms;
  readonly batchSize?: number;
  /** Between restarts after faults: doubles from the first up to the most. Default 100 ms to 10 s. */
  readonly backOffMs?: { readonly first: number; readonly most: number };
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
  readonly state: 'starting' | 'standby' | 'catching-up' | 'live' | 'failed' | 'stopped';
  /** Up to here the view has been written. */
  readonly position: Position | undefined;
  readonly eventsApplied: number;
  /** Restarts after faults of the store, the view or the leases. */
  readonly restarts: number;
  readonly error?: ProjectionFailure;
}

/** The checkpoint may stay behind by this many deliveries that changed nothing, until the view has caught up. */
const mostUnwritten = 100;

/** Keeps one view in step with the events. It may be killed at any instruction: it resumes from the view's checkpoint. */
export class ProjectionRunner<Event extends DomainEvent, Doc extends object> {
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<(position: Position) => void>();
  #status: ProjectionStatus;
  #running: Promise<void> | undefined;
  #faultsInARow = 0;
  #unwritten = 0;

  constructor(
    private readonly projection: Projection<Event, Doc>,
    private readonly ports: RunnerPorts<Doc>,
  ) {
    const { name, version } = projection;
    this.#status = { name, version, state: 'starting', position: undefined, eventsApplied: 0, restarts: 0 };
  }

  get status(): ProjectionStatus {
    return this.#status;
  }

  start(): this {
    this.#running ??= this.#run();
    return this;
  }

  /** Finishes the batch in hand. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Tells how far the view has been written by this runner; gives the function that ends it. */
  onAdvance(listener: (position: Position) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#term(signal);
        if (this.#status.state === 'failed') return;
      } catch (error) {
        await this.#recover(error, signal);
      }
    }
    this.#update({ state: 'stopped' });
  }

  /** One term of office: from getting the lease, if there is one, until it is lost or given up. */
  async #term(stopping: AbortSignal): Promise<void> {
    const { lease: terms } = this.ports;
    if (terms === undefined) return this.#follow(stopping);
    this.#update({ state: 'standby' });
    const lease = await awaitLease(terms, `projection:${storageName(this.projection)}`, stopping);
    if (lease === undefined) return;
    const lost = new AbortController();
    const stopKeeping = keepLease(terms, lease, () => {
      this.ports.logger.warn({ ...this.#named(), lease }, 'projection lost its lease');
      lost.abort();
    });
    try {
      await this.#follow(AbortSignal.any([stopping, lost.signal]), lease);
    } finally {
      stopKeeping();
      // A lease that cannot be released runs out.
      await terms.leases.release(lease).catch(() => undefined);
    }
  }

  async #follow(ending: AbortSignal, lease?: Lease): Promise<void> {
    const { eventStore, view, batchSize } = this.ports;
    const isEnding = () => ending.aborted;
    this.#update({ state: 'starting' });
    const checkpoint = await view.checkpoint();
    const head = await eventStore.head();
    if (isEnding()) return;
    if (checkpoint !== undefined) this.#advance(checkpoint);
    const isAtHead = head === undefined || (checkpoint !== undefined && checkpoint >= head);
    this.#update({ state: isAtHead ? 'live' : 'catching-up' });
    const subscription = eventStore.subscribe({
      from: checkpoint ?? 'start',
      filter: eventFilter(this.projection),
      ...(batchSize !== undefined && { batchSize }),
    });
    const close = () => void subscription.close();
    ending.addEventListener('abort', close);
    try {
      for await (const delivery of subscription) {
        await this.#apply(delivery, lease);
        if (isEnding() || this.#status.state === 'failed') return;
      }
    } finally {
      ending.removeEventListener('abort', close);
      await subscription.close();
    }
    if (!isEnding()) throw new Error('The subscription was closed.');
  }

  async #apply({ events, position, caughtUp }: Delivery, lease?: Lease): Promise<void> {
    const { view } = this.ports;
    const known = keyed(this.projection, events);
    const ids = [...new Set(known.keyed.map(({ id }) => id))];
    const stored = ids.length === 0 ? [] : await view.getMany(ids);
    const { changes, applied, poison = known.poison } = foldInto(this.projection, stored, known.keyed);
    // A poisoned batch is written up to the event before the poison.
    const reached = poison === undefined ? position : events[events.indexOf(poison.event) - 1]?.position;
    if (reached !== undefined && (changes.length > 0 || caughtUp || ++this.#unwritten >= mostUnwritten)) {
      await view.write(changes, reached, lease);
      this.#unwritten = 0;
      this.#advance(reached);
    }
    this.#faultsInARow = 0;
    this.#update({
      state: caughtUp ? 'live' : 'catching-up',
      eventsApplied: this.#status.eventsApplied + applied,
    });
    if (poison !== undefined) this.#fail(poison);
  }

  #fail({ event, error, documentId }: Poison): void {
    const failure: ProjectionFailure = {
      message: messageOf(error),
      eventId: event.id,
      type: event.type,
      stream: event.stream,
      revision: event.revision,
      position: event.position,
      documentId,
    };
    this.#update({ state: 'failed', error: failure });
    this.ports.logger.error({ ...this.#named(), failure }, 'projection stopped at an event it cannot apply');
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof LeaseLost) {
      this.ports.logger.warn({ ...this.#named(), lease: error.lease }, 'projection lost its lease');
      return;
    }
    const { first, most } = this.ports.backOffMs ?? { first: 100, most: 10_000 };
    const waitMs = Math.min(most, first * 2 ** this.#faultsInARow++);
    this.#update({ state: 'starting', restarts: this.#status.restarts + 1 });
    this.ports.logger.warn(
      { ...this.#named(), fault: messageOf(error), waitMs },
      'projection restarts from its checkpoint',
    );
    await pauseUnless(signal, waitMs);
  }

  #advance(position: Position): void {
    this.#update({ position });
    for (const listener of this.#listeners) listener(position);
  }

  #update(change: Partial<ProjectionStatus>): void {
    this.#status = { ...this.#status, ...change };
  }

  #named(): { readonly projection: string } {
    return { projection: storageName(this.projection) };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
