import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type EventText } from '../../ports/event-store.js';
import { type Heading, headingOf, toEventText } from './envelope.js';
import { type CompiledFilter } from './filter.js';

/** What lies behind the position in $all. */
export type Ahead = 'a match' | 'more' | 'nothing';

/**
 * How far a subscription has got in $all.
 *
 * A checkpoint of the server is believed only when something later has come: some versions send one at the end of the
 * log, where the next event will stand, which would be lost to whoever goes on behind it
 * (https://github.com/kurrent-io/KurrentDB/issues/4970).
 */
export class Progress {
  /** The server has said that it delivers live, or the end of the log was seen. */
  live = false;
  private checkpoint = 0n;

  constructor(
    /** Up to here everything that matches has been taken. */
    public position: bigint,
    private readonly filter: CompiledFilter,
    private readonly onForeign: (heading: Heading, position: bigint) => void,
  ) {}

  /** There is a checkpoint that may be ahead of an event. */
  get isUncertain(): boolean {
    return this.checkpoint > this.position;
  }

  connected(): void {
    this.live = false;
    this.checkpoint = 0n;
  }

  /** The events that match. */
  take(messages: readonly ReadResp[]): readonly EventText[] {
    const events: EventText[] = [];
    for (const message of messages) {
      const read = message.getEvent();
      const checkpoint = message.getCheckpoint();
      if (read !== undefined) events.push(...this.takeEvent(read));
      else if (checkpoint !== undefined) this.takeCheckpoint(BigInt(checkpoint.getCommitPosition()));
      else if (message.hasCaughtUp()) this.live = true;
      else if (message.hasFellBehind()) this.live = false;
    }
    return events;
  }

  /** Moves over what was read of $all from the position on, up to the first match: the subscription delivers that. */
  passOver(messages: readonly ReadResp[], limit: number): Ahead {
    for (const read of messages.map((message) => message.getEvent())) {
      const event = read?.getEvent();
      if (read === undefined || event === undefined) continue;
      const position = BigInt(read.getCommitPosition());
      if (position <= this.position) continue;
      if (this.filter.matches(headingOf(event))) return 'a match';
      this.position = position;
    }
    if (messages.length === limit) return 'more';
    this.live = true;
    return 'nothing';
  }

  private takeEvent(read: ReadResp.ReadEvent): readonly EventText[] {
    const position = BigInt(read.getCommitPosition());
    if (position <= this.position) return [];
    this.position = position;
    const event = read.getEvent();
    if (event === undefined) return [];
    const heading = headingOf(event);
    if (!this.filter.matches(heading)) return [];
    const text = toEventText(event, heading);
    if (text !== undefined) return [text];
    this.onForeign(heading, position);
    return [];
  }

  private takeCheckpoint(position: bigint): void {
    if (position <= this.checkpoint) return;
    if (this.isUncertain) this.position = this.checkpoint;
    this.checkpoint = position;
  }
}
