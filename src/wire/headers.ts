import { type EventMetadata, type Position, type RecordedEvent } from '../kernel/envelope.js';
import { type Headers } from '../ports/message-log.js';
import { BadHeader } from './undecodable.js';
import { domainOf } from './subjects.js';

/** The envelope of an event on a topic; values are UTF-8 text. */
export const headerNames = {
  eventId: 'event-id',
  eventType: 'event-type',
  /** Of the stored fact, which may be older than the record that was made of it. */
  eventVersion: 'event-version',
  stream: 'stream',
  revision: 'revision',
  position: 'position',
  correlationId: 'correlation-id',
  causationId: 'causation-id',
  actor: 'actor',
  occurredAt: 'occurred-at',
  traceparent: 'traceparent',
  contentType: 'content-type',
} as const;

/** In place of `traceparent` in a message that is replayed. */
export const originalTraceparent = 'original-traceparent';

/** CloudEvents 1.0, Kafka protocol binding, binary mode. */
export const cloudEventNames = {
  specversion: 'ce_specversion',
  id: 'ce_id',
  source: 'ce_source',
  type: 'ce_type',
  subject: 'ce_subject',
  time: 'ce_time',
  partitionkey: 'ce_partitionkey',
} as const;

export const contentType = 'application/vnd.apache.avro+binary';

type Envelope = Omit<RecordedEvent, 'data'>;

/** What is said again and again is encoded once. */
const constants = new Map<string, Buffer>();

const constant = (text: string): Buffer => {
  const known = constants.get(text);
  if (known !== undefined) return known;
  const made = Buffer.from(text);
  constants.set(text, made);
  return made;
};

/** @param recordName one of the catalogue's, of which there are few */
export const writeHeaders = (event: Envelope, recordName: string): Headers => {
  const { metadata } = event;
  const [own, ce] = [headerNames, cloudEventNames];
  const id = Buffer.from(event.id);
  const stream = Buffer.from(event.stream);
  const at = Buffer.from(metadata.occurredAt);
  const headers: [name: string, value: Buffer][] = [
    [own.eventId, id],
    [own.eventType, constant(event.type)],
    [own.eventVersion, constant(String(event.version))],
    [own.stream, stream],
    [own.revision, Buffer.from(String(event.revision))],
    [own.position, Buffer.from(event.position)],
    [own.correlationId, Buffer.from(metadata.correlationId)],
    [own.causationId, Buffer.from(metadata.causationId)],
    [own.actor, Buffer.from(metadata.actor)],
    [own.occurredAt, at],
    [ce.specversion, constant('1.0')],
    [ce.id, id],
    [ce.source, constant(`/commerce/${domainOf(recordName)}`)],
    [ce.type, constant(recordName)],
    [ce.subject, stream],
    [ce.time, at],
    [ce.partitionkey, stream],
    [own.contentType, constant(contentType)],
  ];
  if (metadata.traceparent !== undefined) headers.push([own.traceparent, Buffer.from(metadata.traceparent)]);
  return headers;
};

export const textHeaders = (texts: Readonly<Record<string, string>>): Headers =>
  Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)] as const);

/** The last value of the header; undefined when there is none. */
export const readHeader = (headers: Headers, name: string): string | undefined =>
  headers.findLast(([given]) => given === name)?.[1].toString();

export interface MessageEnvelope {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly metadata: Pick<
    EventMetadata,
    'correlationId' | 'causationId' | 'actor' | 'occurredAt' | 'traceparent'
  >;
}

/** @throws BadHeader when one is missing or is not what it should be. */
export const readEnvelope = (headers: Headers): MessageEnvelope => {
  const own = headerNames;
  const text = (name: string): string => {
    const value = readHeader(headers, name);
    if (value === undefined || value === '') throw new BadHeader(name, 'is missing');
    return value;
  };
  const number = (name: string): number => {
    const value = text(name);
    if (!/^\d{1,15}$/.test(value)) throw new BadHeader(name, `is ${value}, which is no whole number`);
    return Number(value);
  };
  const traceparent = readHeader(headers, own.traceparent);
  return {
    id: text(own.eventId),
    type: text(own.eventType),
    version: number(own.eventVersion),
    stream: text(own.stream),
    revision: number(own.revision),
    // A position is opaque text; this one was given by the store that the event was read from.
    position: text(own.position) as Position,
    metadata: {
      correlationId: text(own.correlationId),
      causationId: text(own.causationId),
      actor: text(own.actor),
      occurredAt: text(own.occurredAt),
      ...(traceparent !== undefined && { traceparent }),
    },
  };
};
