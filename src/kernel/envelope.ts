import { type DomainEvent, type EventVersions } from './decider.js';

/** ISO 8601 in UTC with milliseconds, so that text order is time order. */
export type Instant = string;

/**
 * Where an event stands in the order of all commits. Opaque, serialisable, and compared as text: the later commit
 * has the greater position. Never dense.
 */
export type Position = string & { readonly __position: never };

export interface EventMetadata {
  /** What everything that follows from one request has in common. */
  readonly correlationId: string;
  /** The id of the event or request that caused this event. */
  readonly causationId: string;
  /** The command that was decided; with the stream it is the key of idempotency. */
  readonly commandId: string;
  /** A digest of the request, so that another request under the same key is noticed. */
  readonly requestHash?: string;
  readonly actor: string;
  readonly occurredAt: Instant;
  /** W3C Trace Context. */
  readonly traceparent?: string;
}

export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly data: object;
  readonly metadata: EventMetadata;
}

export interface RecordedEvent extends NewEvent {
  readonly stream: string;
  /** 0 for the first event of its stream. */
  readonly revision: number;
  readonly position: Position;
}

/** A recorded event whose data is known to be of today's version. */
export type Recorded<Event extends DomainEvent> = Event extends DomainEvent
  ? Omit<RecordedEvent, 'type' | 'data'> & { readonly type: Event['type']; readonly data: Event['data'] }
  : never;

export class UnknownEvent extends Error {
  constructor(
    readonly event: Pick<RecordedEvent, 'type' | 'version' | 'stream' | 'revision'>,
    reader: string,
    known: string,
  ) {
    super(
      `${reader} does not know event ${event.type} version ${event.version} ` +
        `(${event.stream} revision ${event.revision}); it knows ${known}. Deploy a reader that does.`,
    );
    this.name = 'UnknownEvent';
  }
}

/** The event as of today's version. A type or version that the reader does not know is a fault with a name. */
export const upcast = <Event extends DomainEvent>(
  versions: EventVersions<Event>,
  event: RecordedEvent,
  reader: string,
): Recorded<Event> => {
  if (!Object.hasOwn(versions, event.type)) {
    throw new UnknownEvent(event, reader, Object.keys(versions).join(', '));
  }
  const { current, upcasters = {} } = versions[event.type as Event['type']];
  // The one trusted cast of the read side: these facts were written by this code, under this type and version.
  if (event.version === current) return event as unknown as Recorded<Event>;
  let data = event.data;
  for (let version = event.version; version !== current; version += 1) {
    const next = upcasters[version];
    if (next === undefined) throw new UnknownEvent(event, reader, `version ${current}`);
    data = next(data as never);
  }
  return { ...event, version: current, data } as unknown as Recorded<Event>;
};
