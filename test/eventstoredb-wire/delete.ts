import { type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { type CallError, invalid, streamDeleted, unimplemented, wrongExpectedVersion } from './errors.js';
import { type Expected, expectedOf } from './expected.js';
import { streamName } from './frames.js';
import { gate, type Node } from './node.js';
import { streams } from './proto.js';
import { type Outcome } from './writer.js';

type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options;

/** Delete: the events are hidden, the stream may begin again behind them. */
export const deleteStream =
  (node: Node) =>
  (
    call: ServerUnaryCall<streams.DeleteReq, streams.DeleteResp>,
    callback: sendUnaryData<streams.DeleteResp>,
  ): void => {
    const remove = node.writer.delete.bind(node.writer);
    void end(node, call, remove).then((ended) => {
      if (typeof ended !== 'string') callback(ended);
      else
        callback(
          null,
          new streams.DeleteResp().setPosition(
            new streams.DeleteResp.Position().setCommitPosition(ended).setPreparePosition(ended),
          ),
        );
    });
  };

/** Tombstone: the stream is gone for ever. */
export const tombstone =
  (node: Node) =>
  (
    call: ServerUnaryCall<streams.TombstoneReq, streams.TombstoneResp>,
    callback: sendUnaryData<streams.TombstoneResp>,
  ): void => {
    const remove = node.writer.tombstone.bind(node.writer);
    void end(node, call, remove).then((ended) => {
      if (typeof ended !== 'string') callback(ended);
      else
        callback(
          null,
          new streams.TombstoneResp().setPosition(
            new streams.TombstoneResp.Position().setCommitPosition(ended).setPreparePosition(ended),
          ),
        );
    });
  };

/** @returns the position of the deletion */
const end = async (
  node: Node,
  call: ServerUnaryCall<streams.DeleteReq | streams.TombstoneReq, unknown>,
  remove: (stream: string, expected: Expected) => Promise<Outcome>,
): Promise<string | CallError> => {
  const options: Options | undefined = call.request.getOptions();
  const stream = streamName(options?.getStreamIdentifier());
  const expected = options && expectedOf(options, options.hasRevision() ? options.getRevision() : undefined);
  if (stream === undefined || expected === undefined)
    return invalid('A stream and what is expected of it are needed.');
  const refused = gate(node, call.metadata, 'write', stream);
  if (refused) return refused;
  const outcome = await remove(stream, expected);
  switch (outcome.is) {
    case 'success':
      return String(outcome.position);
    case 'wrong version':
      return wrongExpectedVersion(stream, expected, outcome.current);
    case 'deleted':
      return streamDeleted(stream);
    case 'refused':
      return unimplemented(outcome.why);
  }
};
