import { hash } from 'node:crypto';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { z } from 'zod';
import { type EventMetadata, type NewEvent, type RecordedEvent } from '../../kernel/envelope.js';
import { type EventText } from '../../ports/event-store.js';
import { toPosition } from './position.js';

/**
 * How an event is kept: data as JSON; the rest in the custom metadata, as
 * `{"version":3,"metadata":{"correlationId":…}}`, with `"id":"…"` behind the version where the id of the event is
 * no UUID, which the server insists on.
 */
export interface Proposed {
  /** UUID */
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The same event sent again has the same one, which is how the server knows it. */
const uuidOf = (stream: string, id: string): string =>
  hash('sha1', `${stream}\u0000${id}`, 'hex').replace(
    /^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/,
    '$1-$2-$3-$4-$5',
  );

export const propose = (stream: string, { id, type, version, data, metadata }: NewEvent): Proposed => {
  const isUuid = UUID.test(id);
  const ownId = isUuid ? '' : `"id":${JSON.stringify(id)},`;
  return {
    id: isUuid ? id : uuidOf(stream, id),
    type,
    data: Buffer.from(JSON.stringify(data)),
    customMetadata: Buffer.from(`{"version":${version},${ownId}"metadata":${JSON.stringify(metadata)}}`),
  };
};

/** What a filter looks at, before anything else of the event is touched. */
export interface Heading {
  readonly stream: string;
  readonly type: string;
}

type Recorded = ReadResp.ReadEvent.RecordedEvent;

export const headingOf = (event: Recorded): Heading => ({
  stream: textOf(event.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()),
  type: event.getMetadataMap().get('type') ?? '',
});

export const isOfTheSystem = ({ stream, type }: Heading): boolean =>
  stream.startsWith('$') || type.startsWith('$');

/** undefined when it was not written by `propose`. */
export const toEventText = (event: Recorded, { stream, type }: Heading): EventText | undefined => {
  if (event.getMetadataMap().get('content-type') !== 'application/json') return undefined;
  const envelope = openEnvelope(textOf(event.getCustomMetadata_asU8()));
  return envelope === undefined
    ? undefined
    : {
        id: envelope.id ?? event.getId()?.getString() ?? '',
        type,
        version: envelope.version,
        data: textOf(event.getData_asU8()),
        metadata: envelope.metadata,
        stream,
        revision: Number(event.getStreamRevision()),
        position: toPosition(event.getCommitPosition()),
      };
};

export const toEvent = (text: EventText): RecordedEvent => ({
  ...text,
  data: JSON.parse(text.data) as object,
  metadata: JSON.parse(text.metadata) as EventMetadata,
});

interface Envelope {
  readonly version: number;
  readonly id?: string | undefined;
  /** JSON */
  readonly metadata: string;
}

const asWritten = /^\{"version":(\d+),(?:"id":("(?:[^"\\]|\\.)*"),)?"metadata":/;

/** JSON that somebody has written anew, by a copy of the log for example. */
const rewritten = z.object({
  version: z.int(),
  id: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()),
});

const openEnvelope = (text: string): Envelope | undefined => {
  const written = asWritten.exec(text);
  if (written !== null) {
    const [head, version, id] = written;
    return {
      version: Number(version),
      id: id === undefined ? undefined : String(JSON.parse(id)),
      metadata: text.slice(head.length, -1),
    };
  }
  const { success, data } = rewritten.safeParse(parsed(text));
  return success ? { ...data, metadata: JSON.stringify(data.metadata) } : undefined;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
