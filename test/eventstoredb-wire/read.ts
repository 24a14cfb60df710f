import { type ServerWritableStream } from '@grpc/grpc-js';
import { type CallError, streamDeleted, unimplemented, unknown } from './errors.js';
import { notFoundFrame, variantOf } from './frames.js';
import { type Entry, exists, firstVisible, linkType, type Log } from './log.js';
import { gate, type Node } from './node.js';
import { Outlet } from './outlet.js';
import { type streams } from './proto.js';
import { type ReadRequest, readRequestOf } from './read-request.js';
import { subscribe } from './subscribe.js';

/** Read: so many events of a stream or of $all, or a subscription to either. */
export const read =
  (node: Node) =>
  (call: ServerWritableStream<streams.ReadReq, Buffer>): void => {
    const outlet = new Outlet(call);
    const request = readRequestOf(call.request, node.profile);
    if ('code' in request) outlet.fail(request);
    else {
      const refused = gate(node, call.metadata, 'read', request.stream ?? '$all');
      if (refused) outlet.fail(refused);
      else if (request.count === undefined) void subscribe(node, outlet, request);
      else void readEvents(node.log, outlet, request, request.count);
    }
  };

const readEvents = async (log: Log, outlet: Outlet, request: ReadRequest, count: number): Promise<void> => {
  const range = request.stream === undefined ? ofAll(log, request) : ofStream(log, request.stream, request);
  if ('code' in range) {
    outlet.fail(range);
    return;
  }
  if ('missing' in range) outlet.offer(notFoundFrame(range.missing));
  else {
    const refused = await send(outlet, range, request, count);
    if (refused) outlet.fail(refused);
  }
  outlet.end();
};

interface Range {
  readonly entries: readonly Entry[];
  /** The index that comes first, whichever the direction. */
  readonly from: number;
  /** Nothing is read before it. */
  readonly lowest: number;
}

const send = async (
  outlet: Outlet,
  { entries, from, lowest }: Range,
  { forwards, filter, resolveLinks, variant }: ReadRequest,
  count: number,
): Promise<CallError | undefined> => {
  const step = forwards ? 1 : -1;
  let left = count;
  for (let index = from; left > 0 && index >= lowest && !outlet.gone; index += step) {
    const entry = entries[index];
    if (!entry) break;
    if (filter && !filter.matches(entry)) continue;
    if (resolveLinks && entry.type === linkType) return unimplemented('links are not resolved.');
    left -= 1;
    if (!outlet.offer(variantOf(entry.frame, variant))) await outlet.drained();
  }
  return undefined;
};

/** Forwards from a position includes it, backwards excludes it. */
const ofAll = (log: Log, { from, forwards }: ReadRequest): Range => {
  const { entries } = log;
  const index = from === 'start' ? 0 : from === 'end' ? entries.length : log.indexOf(from);
  return { entries, from: forwards ? index : index - 1, lowest: 0 };
};

const ofStream = (
  log: Log,
  name: string,
  { from, forwards }: ReadRequest,
): Range | CallError | { missing: string } => {
  const stream = log.stream(name);
  if (stream?.tombstone) return streamDeleted(name);
  if (from === 'end' && forwards) return unknown("'revision' must not be negative.");
  if (!exists(stream)) return { missing: name };
  const { entries } = stream;
  const lowest = firstVisible(stream);
  const revision = from === 'start' ? 0 : from === 'end' ? entries.length - 1 : from;
  return {
    entries,
    lowest,
    from: forwards ? Math.max(revision, lowest) : Math.min(revision, entries.length - 1),
  };
};
