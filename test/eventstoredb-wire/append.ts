import { type sendUnaryData, type ServerReadableStream } from '@grpc/grpc-js';
import {
  appendTooBig,
  type CallError,
  invalid,
  missingMetadata,
  streamDeleted,
  unimplemented,
  unknown,
} from './errors.js';
import { type Expected, expectedOf } from './expected.js';
import { hits } from './faults.js';
import { type Proposed, streamName } from './frames.js';
import { gate, type Node } from './node.js';
import { proposedOf } from './proposed.js';
import { shared, streams } from './proto.js';
import { type Outcome } from './writer.js';

interface Target {
  readonly stream: string;
  readonly expected: Expected;
}

/** Append: options, then one event a message; one answer when the client has ended. */
export const append =
  (node: Node) =>
  (
    call: ServerReadableStream<streams.AppendReq, streams.AppendResp>,
    callback: sendUnaryData<streams.AppendResp>,
  ): void => {
    const upload = new Upload(node.maxAppendBytes);
    let over = false;
    const end = (error: CallError | null, response?: streams.AppendResp): void => {
      over = true;
      callback(error, response);
    };
    call.on('data', (message: streams.AppendReq) => {
      if (over) return;
      const wrong = upload.take(message);
      if (wrong) end(wrong);
    });
    call.on('end', () => {
      const { target, events } = upload;
      if (over) return;
      if (!target) end(unknown('The append has no options.'));
      else {
        const refused = gate(node, call.metadata, 'write', target.stream);
        if (refused) end(refused);
        else void commit(node, target, events, end);
      }
    });
  };

class Upload {
  target: Target | undefined;
  readonly events: Proposed[] = [];
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  take(message: streams.AppendReq): CallError | undefined {
    const options = message.getOptions();
    if (!this.target) {
      const target = options && targetOf(options);
      if (!target) return options ? invalid('A stream and what is expected of it are needed.') : unexpected();
      this.target = target;
      return undefined;
    }
    const proposed = message.getProposedMessage();
    if (!proposed) return unexpected();
    const event = proposedOf(proposed);
    if (!event) return missingMetadata();
    this.bytes += event.data.length;
    if (this.bytes > this.maxBytes) return appendTooBig(this.maxBytes);
    this.events.push(event);
    return undefined;
  }
}

const unexpected = (): CallError => unknown('Options come first, then events.');

const targetOf = (options: streams.AppendReq.Options): Target | undefined => {
  const stream = streamName(options.getStreamIdentifier());
  const expected = expectedOf(options, options.hasRevision() ? options.getRevision() : undefined);
  return stream === undefined || expected === undefined ? undefined : { stream, expected };
};

const commit = async (
  { writer, faults }: Node,
  { stream, expected }: Target,
  events: readonly Proposed[],
  end: (error: CallError | null, response?: streams.AppendResp) => void,
): Promise<void> => {
  const loses = hits(faults, 'loseAck');
  const outcome = await writer.append(stream, expected, events);
  if (loses) return;
  switch (outcome.is) {
    case 'success':
      end(null, new streams.AppendResp().setSuccess(success(outcome)));
      return;
    case 'wrong version':
      end(null, new streams.AppendResp().setWrongExpectedVersion(wrongVersion(expected, outcome.current)));
      return;
    case 'deleted':
      end(streamDeleted(stream));
      return;
    case 'refused':
      end(unimplemented(outcome.why));
  }
};

const success = ({ revision, position }: Outcome & { is: 'success' }): streams.AppendResp.Success => {
  const answer = new streams.AppendResp.Success();
  if (revision < 0) answer.setNoStream(new shared.Empty());
  else answer.setCurrentRevision(String(revision));
  if (position === undefined) return answer.setNoPosition(new shared.Empty());
  const text = String(position);
  return answer.setPosition(
    new streams.AppendResp.Position().setCommitPosition(text).setPreparePosition(text),
  );
};

const wrongVersion = (expected: Expected, current: number): streams.AppendResp.WrongExpectedVersion => {
  const answer = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0) answer.setCurrentNoStream(new shared.Empty());
  else answer.setCurrentRevision(String(current));
  switch (expected) {
    case 'any':
      return answer.setExpectedAny(new shared.Empty());
    case 'no-stream':
      return answer.setExpectedNoStream(new shared.Empty());
    case 'stream-exists':
      return answer.setExpectedStreamExists(new shared.Empty());
    default:
      return answer.setExpectedRevision(String(expected));
  }
};
