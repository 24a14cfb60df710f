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

export const writeHeaders = (event: Envelope, recordName: string): Headers => {
  const { id, type, version, stream, revision, position, metadata } = event;
  const [own, ce] = [headerNames, cloudEventNames];
  const texts: readonly (readonly [name: string, text: string | undefined])[] = [
    [own.eventId, id],
    [own.eventType, type],
    [own.eventVersion, String(version)],
    [own.stream, stream],
    [own.revision, String(revision)],
    [own.position, position],
    [own.correlationId, metadata.correlationId],
    [own.causationId, metadata.causationId],
    [own.actor, metadata.actor],
    [own.occurredAt, metadata.occurredAt],
    [own.traceparent, metadata.traceparent],
    [ce.specversion, '1.0'],
    [ce.id, id],
    [ce.source, `/commerce/${domainOf(recordName)}`],
    [ce.type, recordName],
    [ce.subject, stream],
    [ce.time, metadata.occurredAt],
    [ce.partitionkey, stream],
    [own.contentType, contentType],
  ];
  return texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, Buffer.from(text)] as const]));
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
