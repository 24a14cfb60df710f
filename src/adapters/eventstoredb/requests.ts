import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { type ExpectedRevision } from '../../ports/event-store.js';
import { type Proposed } from './envelope.js';
import { ORIGIN } from './position.js';

/** Requests of the Streams service: streams.proto of EventStoreDB. */

const empty = (): shared.Empty => new shared.Empty();

type Options = streams.ReadReq.Options;

export type Direction = 'forwards' | 'backwards';

export const streamIdentifier = (name: string): shared.StreamIdentifier =>
  new shared.StreamIdentifier().setStreamName(Buffer.from(name));

const reading = (options: Options): streams.ReadReq =>
  new streams.ReadReq().setOptions(
    options.setResolveLinks(false).setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(empty())),
  );

export const readStreamRequest = (
  name: string,
  direction: Direction,
  from: number | undefined,
  limit: number,
): streams.ReadReq => {
  const stream = new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(streamIdentifier(name));
  if (from !== undefined) stream.setRevision(String(from));
  else if (direction === 'forwards') stream.setStart(empty());
  else stream.setEnd(empty());
  return reading(counted(new streams.ReadReq.Options().setStream(stream), direction, limit));
};

/** @param from included forwards, excluded backwards */
export const readAllRequest = (direction: Direction, from: bigint | 'end', limit: number): streams.ReadReq =>
  reading(counted(new streams.ReadReq.Options().setAll(allFrom(from)), direction, limit));

/** @param from excluded */
export const subscribeRequest = (
  from: bigint,
  filter: streams.ReadReq.Options.FilterOptions,
): streams.ReadReq =>
  reading(
    new streams.ReadReq.Options()
      .setAll(allFrom(from))
      .setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
      .setFilter(filter),
  );

const counted = (options: Options, direction: Direction, limit: number): Options =>
  options
    .setReadDirection(
      direction === 'forwards'
        ? streams.ReadReq.Options.ReadDirection.FORWARDS
        : streams.ReadReq.Options.ReadDirection.BACKWARDS,
    )
    .setCount(String(limit))
    .setNoFilter(empty());

const allFrom = (from: bigint | 'end'): streams.ReadReq.Options.AllOptions => {
  const all = new streams.ReadReq.Options.AllOptions();
  if (from === 'end') return all.setEnd(empty());
  if (from === ORIGIN) return all.setStart(empty());
  const commit = String(from);
  return all.setPosition(
    new streams.ReadReq.Options.Position().setCommitPosition(commit).setPreparePosition(commit),
  );
};

/** The messages of one call of Append. */
export const appendRequests = (
  stream: string,
  expected: ExpectedRevision,
  events: readonly Proposed[],
): readonly streams.AppendReq[] => {
  const options = new streams.AppendReq.Options().setStreamIdentifier(streamIdentifier(stream));
  if (expected === 'any') options.setAny(empty());
  else if (expected === 'absent') options.setNoStream(empty());
  else options.setRevision(String(expected));
  return [
    new streams.AppendReq().setOptions(options),
    ...events.map((event) =>
      new streams.AppendReq().setProposedMessage(filled(new streams.AppendReq.ProposedMessage(), event)),
    ),
  ];
};

/** What of an append travels in one message: the server may take no more than 4 MiB. */
const CHUNK_BYTES = 3 * 1024 * 1024;
/**
 * By its own clock, which may differ from this one's, the server gives up at the earlier of this and its own limit of
 * seconds; so it is far away.
 */
const DEADLINE_MS = 60 * 60 * 1000;

/** The messages of one append on a stream of BatchAppend; written when the last is there. */
export const batchAppendRequests = (
  correlationId: string,
  stream: string,
  expected: ExpectedRevision,
  events: readonly Proposed[],
): readonly streams.BatchAppendReq[] => {
  const options = new streams.BatchAppendReq.Options()
    .setStreamIdentifier(streamIdentifier(stream))
    .setDeadline(timestamps.Timestamp.fromDate(new Date(Date.now() + DEADLINE_MS)));
  if (expected === 'any') options.setAny(empty());
  else if (expected === 'absent') options.setNoStream(empty());
  else options.setStreamPosition(String(expected));
  const requests = chunksOf(events).map((chunk) =>
    new streams.BatchAppendReq()
      .setCorrelationId(new shared.UUID().setString(correlationId))
      .setProposedMessagesList(
        chunk.map((event) => filled(new streams.BatchAppendReq.ProposedMessage(), event)),
      ),
  );
  requests[0]?.setOptions(options);
  requests.at(-1)?.setIsFinal(true);
  return requests;
};

const chunksOf = (events: readonly Proposed[]): Proposed[][] => {
  let chunk: Proposed[] = [];
  const chunks = [chunk];
  let bytes = 0;
  for (const event of events) {
    const size = event.data.length + event.customMetadata.length + OVERHEAD_BYTES;
    if (bytes > 0 && bytes + size > CHUNK_BYTES) {
      chunk = [];
      chunks.push(chunk);
      bytes = 0;
    }
    chunk.push(event);
    bytes += size;
  }
  return chunks;
};

/** Id, type and framing of an event. */
const OVERHEAD_BYTES = 512;

const filled = <Message extends streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage>(
  message: Message,
  { id, type, data, customMetadata }: Proposed,
): Message => {
  message
    .setId(new shared.UUID().setString(id))
    .setData(data)
    .setCustomMetadata(customMetadata)
    .getMetadataMap()
    .set('type', type)
    .set('content-type', 'application/json');
  return message;
};
