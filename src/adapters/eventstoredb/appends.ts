import { convertToCommandError, WrongExpectedVersionError } from '@eventstore/db-client';
import type { AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Slots } from '../../execution/slots.js';
import { type NewEvent } from '../../kernel/envelope.js';
import { type Appended, ConcurrencyConflict, type ExpectedRevision } from '../../ports/event-store.js';
import { type Logger } from '../../ports/logger.js';
import { BatchAppends } from './batch-appends.js';
import { type Connection } from './connection.js';
import { type Proposed, propose } from './envelope.js';
import { EndedEarly, outcomeUnknown, passingOf, translated } from './errors.js';
import { toPosition } from './position.js';
import { appendRequests } from './requests.js';
import { retrying } from './retrying.js';
import { type Counters } from './status.js';

/** More do not make the server faster, and each would wait for its answer the longer. */
const mostAtTheServer = 256;

/** Appends by BatchAppend where the server has it, else by Append. */
export class Appends {
  private readonly batches;
  private readonly underWay = new Set<Promise<Appended>>();
  /** What waits for one is not with the server yet, so its time does not run. */
  private readonly slots = new Slots(mostAtTheServer);

  constructor(
    private readonly connection: Connection,
    private readonly counters: Counters,
    private readonly logger: Logger,
  ) {
    this.batches = new BatchAppends(connection);
  }

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    const append = this.write(
      stream,
      expected,
      events.map((event) => propose(stream, event)),
    ).finally(() => this.underWay.delete(append));
    this.underWay.add(append);
    return append;
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  private async write(
    stream: string,
    expected: ExpectedRevision,
    events: readonly Proposed[],
  ): Promise<Appended> {
    const doing = `append to ${stream}`;
    const batched = await this.isBatched(doing);
    try {
      return await retrying(
        doing,
        this.counters,
        this.logger,
        // The server knows a repeated append by its ids and the revision; without a revision it only may.
        (reason) => expected !== 'any' || reason === 'not-leader',
        () =>
          this.slots.hold(() =>
            batched
              ? this.batches.append(stream, expected, events)
              : this.appendAlone(stream, expected, events),
          ),
      );
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) {
        throw new ConcurrencyConflict(stream, expected, actualOf(error));
      }
      const reason = passingOf(error);
      throw reason === undefined || reason === 'not-leader'
        ? translated(error, doing)
        : outcomeUnknown(error, doing);
    }
  }

  private async isBatched(doing: string): Promise<boolean> {
    try {
      const features = () => this.connection.serverFeatures();
      return (await retrying(doing, this.counters, this.logger, () => true, features)).batchAppend;
    } catch (error) {
      throw translated(error, doing);
    }
  }

  private async appendAlone(
    stream: string,
    expected: ExpectedRevision,
    events: readonly Proposed[],
  ): Promise<Appended> {
    const answer = await this.connection.ask(
      'append',
      (client, args) =>
        new Promise<AppendResp | undefined>((resolve, reject) => {
          const call = client.append(...args, (error, answer?: AppendResp) => {
            if (error !== null) reject(convertToCommandError(error));
            else resolve(answer);
          });
          // The callback tells the same; without a listener it would be thrown.
          call.on('error', reject);
          for (const request of appendRequests(stream, expected, events)) call.write(request);
          call.end();
        }),
    );
    return appendedOf(stream, answer);
  }
}

/** @throws WrongExpectedVersionError, which is a normal answer of Append */
const appendedOf = (streamName: string, answer: AppendResp | undefined): Appended => {
  const wrong = answer?.getWrongExpectedVersion();
  if (wrong !== undefined) {
    throw new WrongExpectedVersionError(undefined, {
      streamName,
      current: wrong.hasCurrentRevision() ? BigInt(wrong.getCurrentRevision()) : 'no_stream',
      expected: 'any',
    });
  }
  const success = answer?.getSuccess();
  const position = success?.getPosition();
  if (success === undefined || position === undefined) throw new EndedEarly();
  return {
    revision: Number(success.getCurrentRevision()),
    position: toPosition(position.getCommitPosition()),
  };
};

const actualOf = ({ actualVersion }: WrongExpectedVersionError): number | 'absent' =>
  actualVersion === 'no_stream' || Number(actualVersion) < 0 ? 'absent' : Number(actualVersion);
