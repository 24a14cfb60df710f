import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { batch, type CallError, refusedAppend, unavailable } from './errors.js';
import { type Expected, expectedOf } from './expected.js';
import { hits, refusal } from './faults.js';
import { type Proposed, streamIdentifier, streamName, uuidText } from './frames.js';
import { denied, leaderNeeded, type Node } from './node.js';
import { proposedOf } from './proposed.js';
import { empty, rpc, shared, streams } from './proto.js';
import { type Outcome } from './writer.js';

type Call = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

/** How long a write may take, whatever its client allows. */
const writeTimeoutMs = 2_000;

/** BatchAppend: many appends on one stream, each in chunks, told apart by their correlation id. */
export const batchAppend =
  (node: Node) =>
  (call: Call): void => {
    const session = new BatchSession(node, call);
    node.batches.add(session);
    call.on('data', (message: streams.BatchAppendReq) => {
      session.take(message);
    });
    call.on('end', () => {
      session.halfClose();
    });
    for (const end of ['cancelled', 'close', 'finish'])
      call.on(end, () => {
        session.close();
        node.batches.delete(session);
      });
  };

interface Pending {
  readonly correlation: shared.UUID;
  readonly stream: string;
  readonly expected: Expected;
  readonly events: Proposed[];
  bytes: number;
  readonly timer: NodeJS.Timeout;
}

class BatchSession {
  /** Appends whose last chunk has not come. */
  private readonly pending = new Map<string, Pending>();
  private writing = 0;
  private halfClosed = false;
  private over = false;

  constructor(
    private readonly node: Node,
    private readonly call: Call,
  ) {}

  take(message: streams.BatchAppendReq): void {
    const { faults } = this.node;
    if (this.over || faults.silentBatch) return;
    if (hits(faults, 'endBatch')) this.end();
    else if (hits(faults, 'breakBatch')) this.fail(unavailable('The connection was lost.'));
    else this.chunk(message);
  }

  halfClose(): void {
    this.halfClosed = true;
    this.endWhenDone();
  }

  close(): void {
    this.over = true;
    for (const { timer } of this.pending.values()) clearTimeout(timer);
    this.pending.clear();
  }

  private chunk(message: streams.BatchAppendReq): void {
    const correlation = message.getCorrelationId();
    const key = uuidText(correlation);
    if (!correlation || key === undefined) return;
    const options = message.getOptions();
    const append = options ? this.begin(key, correlation, options) : this.pending.get(key);
    if (!append) return;
    for (const proposed of message.getProposedMessagesList()) {
      const event = proposedOf(proposed);
      if (!event) {
        this.settle(
          key,
          append,
          batch.badRequest("Required metadata 'type' and 'content-type' are missing."),
        );
        return;
      }
      append.bytes += event.data.length;
      append.events.push(event);
    }
    if (append.bytes > this.node.maxAppendBytes)
      this.settle(key, append, batch.appendTooBig(this.node.maxAppendBytes));
    else if (message.getIsFinal()) void this.commit(key, append);
  }

  /** The first chunk of an append. @returns undefined when it has been answered already. */
  private begin(
    key: string,
    correlation: shared.UUID,
    options: streams.BatchAppendReq.Options,
  ): Pending | undefined {
    const stream = streamName(options.getStreamIdentifier());
    const expected = expectedOf(
      options,
      options.hasStreamPosition() ? options.getStreamPosition() : undefined,
    );
    if (stream === undefined || expected === undefined) {
      this.answer(
        correlation,
        stream ?? '',
        batch.badRequest('A stream and what is expected of it are needed.'),
      );
      return undefined;
    }
    const refused = this.refusalOf(stream);
    if (refused instanceof rpc.Status) this.answer(correlation, stream, refused);
    else if (refused) this.fail(refused);
    if (refused) return undefined;
    const left = Math.min(deadlineOf(options) - Date.now(), writeTimeoutMs);
    if (left <= 0) {
      this.answer(correlation, stream, batch.timeout());
      return undefined;
    }
    const timer = setTimeout(() => {
      this.settle(key, append, batch.timeout());
    }, left);
    const append: Pending = { correlation, stream, expected, events: [], bytes: 0, timer };
    this.pending.set(key, append);
    return append;
  }

  private refusalOf(stream: string): rpc.Status | CallError | undefined {
    const { metadata } = this.call;
    const condition = refusal(this.node.faults);
    if (condition) return refusedAppend(condition);
    return leaderNeeded(this.node, metadata) ?? deniedAppend(denied(this.node, metadata, 'write', stream));
  }

  private async commit(key: string, append: Pending): Promise<void> {
    this.forget(key, append);
    const loses = hits(this.node.faults, 'loseAck');
    this.writing += 1;
    const outcome = await this.node.writer.append(append.stream, append.expected, append.events);
    this.writing -= 1;
    if (loses) this.fail(unavailable('The connection was lost.'));
    else this.answer(append.correlation, append.stream, resultOf(append, outcome));
  }

  private settle(key: string, append: Pending, error: rpc.Status): void {
    this.forget(key, append);
    this.answer(append.correlation, append.stream, error);
  }

  private forget(key: string, { timer }: Pending): void {
    clearTimeout(timer);
    this.pending.delete(key);
  }

  private answer(
    correlation: shared.UUID,
    stream: string,
    result: rpc.Status | streams.BatchAppendResp.Success,
  ): void {
    if (this.over) return;
    const response = new streams.BatchAppendResp()
      .setCorrelationId(correlation)
      .setStreamIdentifier(streamIdentifier(stream));
    if (result instanceof rpc.Status) response.setError(result);
    else response.setSuccess(result);
    this.call.write(response);
    this.endWhenDone();
  }

  private endWhenDone(): void {
    if (this.halfClosed && this.writing === 0 && this.pending.size === 0) this.end();
  }

  private end(): void {
    if (this.over) return;
    this.close();
    this.call.end();
  }

  private fail(error: CallError): void {
    if (this.over) return;
    this.close();
    this.call.emit('error', error);
  }
}

/** Bad credentials end the whole stream, a lack of rights one append. */
const deniedAppend = (error: CallError | undefined): rpc.Status | CallError | undefined =>
  error?.code === status.PERMISSION_DENIED ? batch.accessDenied() : error;

/** In milliseconds since the epoch. The Duration that came with 22.10 is not known to the client's messages. */
const deadlineOf = (options: streams.BatchAppendReq.Options): number => {
  const deadline = options.getDeadline();
  return deadline ? deadline.getSeconds() * 1_000 + deadline.getNanos() / 1_000_000 : Infinity;
};

const resultOf = (
  { stream, expected }: Pending,
  outcome: Outcome,
): rpc.Status | streams.BatchAppendResp.Success => {
  switch (outcome.is) {
    case 'success':
      return success(outcome);
    case 'wrong version':
      return batch.wrongExpectedVersion(expected, outcome.current);
    case 'deleted':
      return batch.streamDeleted(stream);
    case 'refused':
      return batch.badRequest(outcome.why);
  }
};

const success = ({ revision, position }: Outcome & { is: 'success' }): streams.BatchAppendResp.Success => {
  const answer = new streams.BatchAppendResp.Success();
  if (revision < 0) answer.setNoStream(new empty.Empty());
  else answer.setCurrentRevision(String(revision));
  if (position === undefined) return answer.setNoPosition(new empty.Empty());
  const text = String(position);
  return answer.setPosition(new shared.AllStreamPosition().setCommitPosition(text).setPreparePosition(text));
};
