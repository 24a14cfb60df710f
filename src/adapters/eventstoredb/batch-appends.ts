import { randomUUID } from 'node:crypto';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { convertToCommandError } from '@eventstore/db-client';
import { unpackToCommandError } from '@eventstore/db-client/dist/streams/appendToStream/unpackError.js';
import { type StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type Appended, type ExpectedRevision } from '../../ports/event-store.js';
import { type Connection } from './connection.js';
import { type Proposed } from './envelope.js';
import { EndedEarly, NoAnswer } from './errors.js';
import { toPosition } from './position.js';
import { batchAppendRequests } from './requests.js';
import { afterSilence, type Silence } from './silence.js';

type Call = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

interface Pending {
  readonly resolve: (answer: Appended) => void;
  readonly reject: (error: Error) => void;
  readonly silence: Silence;
}

/** Appends that share one open call a channel (BatchAppend), told apart by a correlation id. */
export class BatchAppends {
  private readonly calls = new WeakMap<StreamsClient, Call>();
  private readonly batches = new WeakMap<Call, Batch>();

  constructor(private readonly connection: Connection) {}

  /** @throws NoAnswer, EndedEarly or the client's error of the call: then nobody knows whether it was written. */
  async append(stream: string, expected: ExpectedRevision, events: readonly Proposed[]): Promise<Appended> {
    const call = await this.connection.open('batchAppend', this.begin, true, this.calls);
    const batch = this.batches.get(call);
    if (batch === undefined) throw new EndedEarly();
    return batch.append(stream, expected, events, this.connection.timeoutMs);
  }

  private readonly begin = (
    client: StreamsClient,
    args: Parameters<Parameters<Connection['open']>[1]>[1],
  ): Call => {
    const call = client.batchAppend(...args);
    this.batches.set(
      call,
      new Batch(call, () => {
        this.calls.delete(client);
      }),
    );
    return call;
  };
}

/** One open call. */
class Batch {
  private readonly pending = new Map<string, Pending>();
  /** When the server was last heard. */
  private heardAt = 0;

  constructor(
    private readonly call: Call,
    private readonly over: () => void,
  ) {
    call
      .on('data', (answer: BatchAppendResp) => {
        this.settle(answer);
      })
      .on('error', (error: Error) => {
        this.abandon(convertToCommandError(error));
      })
      .on('end', () => {
        // The half that is still open would swallow further appends.
        call.destroy();
        this.abandon(new EndedEarly());
      });
  }

  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly Proposed[],
    timeoutMs: number,
  ): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      const sentAt = performance.now();
      const silence = afterSilence(timeoutMs, () => {
        this.pending.delete(id);
        reject(new NoAnswer(timeoutMs));
        // A call on which nothing comes any more is replaced by another.
        if (this.heardAt < sentAt) this.call.cancel();
      });
      this.pending.set(id, { resolve, reject, silence });
      // What waits to be sent is bounded by those who wait for an answer.
      for (const request of batchAppendRequests(id, stream, expected, events)) this.call.write(request);
    });
  }

  private settle(answer: BatchAppendResp): void {
    this.heardAt = performance.now();
    const id = answer.getCorrelationId()?.getString() ?? '';
    const pending = this.pending.get(id);
    // One that came too late: whoever waited was told that the outcome is unknown.
    if (pending === undefined) return;
    this.pending.delete(id);
    pending.silence.end();
    const error = answer.getError();
    if (error !== undefined) {
      const stream = answer.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array();
      pending.reject(unpackToCommandError(error, Buffer.from(stream).toString()));
      return;
    }
    const success = answer.getSuccess();
    const position = success?.getPosition();
    if (success === undefined || position === undefined) {
      pending.reject(new EndedEarly());
      return;
    }
    pending.resolve({
      revision: Number(success.getCurrentRevision()),
      position: toPosition(position.getCommitPosition()),
    });
  }

  private abandon(error: Error): void {
    this.over();
    for (const { reject, silence } of this.pending.values()) {
      silence.end();
      reject(error);
    }
    this.pending.clear();
  }
}
