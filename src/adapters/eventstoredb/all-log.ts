import type { ClientReadableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type Position } from '../../kernel/envelope.js';
import { type Connection } from './connection.js';
import { headingOf, isOfTheSystem } from './envelope.js';
import { Feed } from './feed.js';
import { ORIGIN, toPosition } from './position.js';
import { readAllRequest, subscribeRequest } from './requests.js';

/** More than the events of the system that usually stand behind the last one of somebody else. */
const FIRST_LOOK = 32;
const FURTHER_LOOK = 1024;

/** $all: the events of all streams in commit order, those of the system among them. */
export class AllLog {
  /** Between the two there are only events of the system. */
  private known: { readonly head: bigint; readonly end: bigint } = { head: ORIGIN, end: ORIGIN };

  constructor(private readonly connection: Connection) {}

  /** @param position excluded */
  async subscribe(position: bigint, filter: ReadReq.Options.FilterOptions, capacity: number): Promise<Feed> {
    const request = subscribeRequest(position, filter);
    const call = await this.connection.open<ClientReadableStream<ReadResp>>('subscribe', (client, args) =>
      client.read(request, ...args),
    );
    return new Feed(call, capacity);
  }

  /** From the position on, the event at it included. */
  readAfter(position: bigint, limit: number): Promise<readonly ReadResp[]> {
    return this.connection.read(readAllRequest('forwards', position, limit), false);
  }

  /** Fails where it cannot be read: nobody there, or no right to. */
  async check(): Promise<void> {
    await this.connection.read(readAllRequest('backwards', 'end', 1), false);
  }

  /** The last event that is not of the system; undefined while there is none. */
  async head(): Promise<Position | undefined> {
    const { known } = this;
    let end: bigint | undefined;
    for (let from: bigint | 'end' = 'end', limit = FIRST_LOOK; ; limit = FURTHER_LOOK) {
      const messages = await this.connection.read(readAllRequest('backwards', from, limit), true);
      const events = messages.flatMap((message) => message.getEvent() ?? []);
      end ??= BigInt(events[0]?.getCommitPosition() ?? ORIGIN);
      for (const read of events) {
        const position = BigInt(read.getCommitPosition());
        const event = read.getEvent();
        if (position <= known.end) return this.found(known.head, end);
        if (event !== undefined && !isOfTheSystem(headingOf(event))) return this.found(position, end);
        from = position;
      }
      if (events.length < limit) return this.found(ORIGIN, end);
    }
  }

  private found(head: bigint, end: bigint): Position | undefined {
    // Of answers that overtook each other the later one counts.
    if (end > this.known.end) this.known = { head, end };
    return head === ORIGIN ? undefined : toPosition(head);
  }
}
