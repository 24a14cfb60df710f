import { type Duplex, type Readable } from 'node:stream';
import { type CallOptions, type ClientReadableStream, type Metadata, status } from '@grpc/grpc-js';
import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import { ServerFeaturesClient } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsClient, StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { EndedEarly, NoAnswer } from './errors.js';
import { afterSilence } from './silence.js';

/** What each call is made with. */
export type CallArguments = [metadata: Metadata, options: CallOptions];

export interface Features {
  /** Three numbers, `23.10.0`; undefined where the server does not tell. */
  readonly version: string | undefined;
  readonly batchAppend: boolean;
}

/**
 * The client's channel, with its discovery, credentials and change of leader; the calls are made here, on the stubs
 * that the client brings. Its own calls have no time limits, share one map of pending appends in the whole process,
 * throw at an answer that came too late, and run checkpoints ahead of the events before them.
 */
export class Connection {
  private readonly features = new WeakMap<ServerFeaturesClient, Promise<Features>>();
  private latest: StreamsClient | undefined;

  constructor(
    private readonly client: EventStoreDBClient,
    /** How long an answer is waited for. */
    readonly timeoutMs: number,
  ) {}

  /**
   * A call that stays open for as long as it takes.
   * @param kept calls by their channel, where one call serves many
   */
  open<Call extends Readable | Duplex>(
    name: string,
    call: (client: StreamsClient, args: CallArguments) => Call,
    requiresLeader = false,
    kept?: WeakMap<StreamsClient, Call | Promise<Call>>,
  ): Promise<Call> {
    const create = (client: StreamsClient): Call => {
      this.latest = client;
      return call(client, this.client['callArguments']({ requiresLeader }, { deadline: Infinity }));
    };
    return this.within(this.client['GRPCStreamCreator'](StreamsClient, name, create, kept)());
  }

  /** A call that is answered once. */
  ask<Answer>(
    name: string,
    call: (client: StreamsClient, args: CallArguments) => Promise<Answer>,
  ): Promise<Answer> {
    const action = (client: StreamsClient): Promise<Answer> => {
      this.latest = client;
      return call(client, this.client['callArguments']({ requiresLeader: true }, this.deadline()));
    };
    return this.within(this.client['execute'](StreamsClient, name, action));
  }

  /** All messages up to the end, or until one is the last that is wanted. Fails when none comes for too long. */
  async read(
    request: ReadReq,
    requiresLeader: boolean,
    isLast: (message: ReadResp) => boolean = () => false,
  ): Promise<readonly ReadResp[]> {
    const call = await this.open<ClientReadableStream<ReadResp>>(
      'read',
      (client, args) => client.read(request, ...args),
      requiresLeader,
    );
    return new Promise((resolve, reject) => {
      const messages: ReadResp[] = [];
      const silence = afterSilence(this.timeoutMs, () => {
        stop(() => {
          reject(new NoAnswer(this.timeoutMs));
        });
      });
      const stop = (settle: () => void): void => {
        silence.end();
        settle();
        call.cancel();
      };
      call
        .on('data', (message: ReadResp) => {
          silence.heard();
          messages.push(message);
          if (isLast(message)) {
            stop(() => {
              resolve(messages);
            });
          }
        })
        .on('error', (error: Error) => {
          stop(() => {
            reject(convertToCommandError(error));
          });
        })
        .on('end', () => {
          stop(() => {
            resolve(messages);
          });
        });
    });
  }

  /** Asked once a channel. The client's own question waits for ever, and it remembers a failure. */
  serverFeatures(): Promise<Features> {
    return this.within(
      this.client['execute'](ServerFeaturesClient, 'features', (client) => {
        const known = this.features.get(client);
        if (known !== undefined) return known;
        const asked = this.askFeatures(client);
        this.features.set(client, asked);
        asked.catch(() => this.features.delete(client));
        return asked;
      }),
    );
  }

  async close(): Promise<void> {
    await this.client.dispose();
    // The client leaves that to the end of the process.
    this.latest?.close();
  }

  private askFeatures(client: ServerFeaturesClient): Promise<Features> {
    return new Promise((resolve, reject) => {
      const args = this.client['callArguments']({}, this.deadline());
      client.getSupportedMethods(new shared.Empty(), ...args, (error, answer?: SupportedMethods) => {
        if (error?.code === status.UNIMPLEMENTED) resolve({ version: undefined, batchAppend: false });
        else if (error !== null) reject(error);
        else if (answer === undefined) reject(new EndedEarly());
        else resolve(featuresOf(answer));
      });
    });
  }

  private deadline(): CallOptions {
    return { deadline: Date.now() + this.timeoutMs };
  }

  /** To find a member of a cluster may take the client very long. */
  private within<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const silence = afterSilence(this.timeoutMs, () => {
        reject(new NoAnswer(this.timeoutMs));
      });
      work.then(resolve, reject).finally(() => {
        silence.end();
      });
    });
  }
}

const featuresOf = (answer: SupportedMethods): Features => ({
  version: answer.getEventStoreServerVersion(),
  batchAppend: answer
    .getMethodsList()
    .map((method) => `/${method.getServiceName()}/${method.getMethodName()}`.toLowerCase())
    .includes(StreamsService.batchAppend.path.toLowerCase()),
});
