import { followTexts } from '../../execution/follow.js';
import { type DomainEvent } from '../../kernel/decider.js';
import { type EventMetadata, type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { type EventStore, type EventText } from '../../ports/event-store.js';
import { type ProjectionFailure } from '../../ports/generations.js';
import { type Lease } from '../../ports/leases.js';
import { type View } from '../../ports/views.js';
import { type Keyed, poisonOf } from '../fold.js';
import { decode, eventFilter, type Projection } from '../projection.js';

/** An event on its way to the partition of its document. */
export interface Routed<Event extends DomainEvent> extends Keyed<Event> {
  readonly text: EventText;
}

/** Where the events of some of the documents are folded: here, or in a thread. */
export interface ReplayPartition<Event extends DomainEvent> {
  apply(events: readonly Routed<Event>[]): Promise<ProjectionFailure | undefined>;
  flush(): Promise<void>;
  /** Resolves when nothing is being written any more, for whatever reason. */
  settled(): Promise<void>;
}

export interface ReplayPorts<Event extends DomainEvent, Doc extends object> {
  readonly eventStore: Pick<EventStore, 'subscribeTexts'>;
  readonly view: Pick<View<Doc>, 'checkpoint' | 'write'>;
  readonly lease: Lease;
  readonly partitions: readonly ReplayPartition<Event>[];
  readonly signal: AbortSignal;
  /** How far it has read. @param events since the start of this replay */
  readonly onProgress?: (position: Position, events: number) => void;
  /** Events that are read at once. Default 256: small enough for texts of them to be cheap to hand on. */
  readonly batchSize?: number;
  /** Ends the replay after about so many events, although there are more. */
  readonly mostEvents?: number;
}

export type ReplayEnd =
  | { readonly is: 'caught up' | 'out of events' | 'stopped' }
  | { readonly is: 'poisoned'; readonly poison: ProjectionFailure };

/** A killed replay does as much again at most: what documents are kept for is to be written once. */
const checkpointEveryMs = 10_000;
const eventsPerCheckpoint = 262_144;
/** Deliveries that the partitions have not dealt with; the next is not read before. */
const mostUnderWay = 4;

/**
 * Reads the events once, from the checkpoint of the view to the end of the log, and hands each to the partition of
 * its document. The checkpoint moves when all partitions have written what they were given.
 * @throws LeaseLost when another owner goes on with it.
 */
export const replay = async <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  ports: ReplayPorts<Event, Doc>,
): Promise<ReplayEnd> => {
  const { eventStore, view, lease, partitions, signal, onProgress } = ports;
  const { batchSize = 256, mostEvents = Infinity } = ports;
  const checkpoint = await view.checkpoint();
  const options = {
    from: checkpoint ?? 'start',
    filter: eventFilter(projection),
    batchSize: Math.min(batchSize, mostEvents),
  } as const;
  const underWay: Promise<ProjectionFailure | undefined>[] = [];
  let events = 0;
  let sinceCheckpoint = 0;
  let lastCheckpoint = performance.now();

  /** @returns the first poison by position: what any partition met before it must be met again. */
  const settle = async (most: number): Promise<ProjectionFailure | undefined> => {
    let poison: ProjectionFailure | undefined;
    while (poison === undefined && underWay.length > most) poison = await underWay.shift();
    if (poison !== undefined) await Promise.allSettled(underWay.splice(0));
    return poison;
  };
  const writeDown = async (position: Position): Promise<void> => {
    await Promise.all(partitions.map((partition) => partition.flush()));
    await view.write([], position, lease);
    sinceCheckpoint = 0;
    lastCheckpoint = performance.now();
  };

  try {
    for await (const { events: texts, position, caughtUp } of followTexts(eventStore, options, signal)) {
      const { routed, poison: unreadable } = route(projection, texts, partitions.length);
      underWay.push(hand(partitions, routed));
      events += texts.length;
      sinceCheckpoint += texts.length;
      const finish = caughtUp || unreadable !== undefined || events >= mostEvents;
      const isDue =
        sinceCheckpoint >= eventsPerCheckpoint || performance.now() - lastCheckpoint > checkpointEveryMs;
      const writes = finish || isDue;
      const poison = await settle(writes ? 0 : mostUnderWay);
      if (poison !== undefined) return { is: 'poisoned', poison };
      if (unreadable !== undefined) return { is: 'poisoned', poison: unreadable };
      onProgress?.(position, events);
      if (writes) await writeDown(position);
      if (finish) return { is: caughtUp ? 'caught up' : 'out of events' };
    }
    return { is: 'stopped' };
  } finally {
    // What is under way must not end as an unhandled rejection when something else failed first.
    await Promise.allSettled(underWay);
    await Promise.allSettled(partitions.map((partition) => partition.settled()));
  }
};

const hand = async <Event extends DomainEvent>(
  partitions: readonly ReplayPartition<Event>[],
  routed: readonly (readonly Routed<Event>[])[],
): Promise<ProjectionFailure | undefined> => {
  const poisons = await Promise.all(
    partitions.map(async (partition, index) => {
      const events = routed[index] ?? [];
      return events.length === 0 ? undefined : await partition.apply(events);
    }),
  );
  return poisons
    .filter((poison) => poison !== undefined)
    .reduce<ProjectionFailure | undefined>((first, each) => {
      return first === undefined || each.position < first.position ? each : first;
    }, undefined);
};

/** The events by the partition of their document, up to the first that the projection does not understand. */
const route = <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  texts: readonly EventText[],
  partitions: number,
): { readonly routed: readonly (readonly Routed<Event>[])[]; readonly poison?: ProjectionFailure } => {
  const routed = Array.from({ length: partitions }, (): Routed<Event>[] => []);
  for (const text of texts) {
    try {
      const recorded = new ReadEvent(text);
      const event = decode(projection, recorded);
      const id = event && projection.key(event);
      if (event === undefined || id === undefined) continue;
      routed[partitionOf(id, partitions)]?.push({ id, recorded, event, text });
    } catch (error) {
      return { routed, poison: poisonOf(error, text, null) };
    }
  }
  return { routed };
};

/** The same for the same document, in every run: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv). */
const partitionOf = (id: string, partitions: number): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1)
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % partitions;
};

/** The metadata is parsed by whoever looks at it: the key of a document hardly ever depends on it. */
export class ReadEvent implements RecordedEvent {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly data: object;
  private parsed: EventMetadata | undefined;

  constructor(private readonly text: EventText) {
    this.id = text.id;
    this.type = text.type;
    this.version = text.version;
    this.stream = text.stream;
    this.revision = text.revision;
    this.position = text.position;
    this.data = JSON.parse(text.data) as object;
  }

  get metadata(): EventMetadata {
    return (this.parsed ??= JSON.parse(this.text.metadata) as EventMetadata);
  }
}
