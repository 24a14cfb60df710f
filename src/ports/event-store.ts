import { type NewEvent, type Position, type RecordedEvent } from '../kernel/envelope.js';

/** The revision that the stream must have for an append to happen. */
export type ExpectedRevision = number | 'absent' | 'any';

export interface Appended {
  /** Revision of the last event appended. */
  readonly revision: number;
  /** Position of the last event appended. */
  readonly position: Position;
}

export interface ReadOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** Inclusive in both directions. Default: the first event forwards, the last one backwards. */
  readonly from?: number;
  readonly limit?: number;
}

/** Events that match any of the prefixes or any of the types; with neither, all events. */
export interface EventFilter {
  readonly streamPrefixes?: readonly string[];
  readonly types?: readonly string[];
}

export interface SubscribeOptions {
  /** Exclusive: the first event delivered is the first one after this position. */
  readonly from: Position | 'start';
  readonly filter?: EventFilter;
  /** The most events in one delivery. Default 512. */
  readonly batchSize?: number;
}

/** An event with its JSON as the store keeps it, for whoever hands it on without looking inside. */
export interface EventText extends Omit<RecordedEvent, 'data' | 'metadata'> {
  readonly data: string;
  readonly metadata: string;
}

export interface Delivery<Event = RecordedEvent> {
  /** In commit order; may be empty when only the position moved on. */
  readonly events: readonly Event[];
  /** Everything up to here has been considered: the place to resume from once the events are dealt with. */
  readonly position: Position;
  /** No more events were committed when this delivery was made. */
  readonly caughtUp: boolean;
}

export type SubscriptionEnd = { readonly why: 'closed' } | { readonly why: 'failed'; readonly error: Error };

/**
 * Deliveries in commit order, each made only when the one before has been taken (back-pressure), for as long as
 * the subscription is open: it waits for new commits at the end of the log.
 */
export interface Subscription<Event = RecordedEvent> extends AsyncIterable<Delivery<Event>> {
  /** Resolves once, when the subscription is over, and says why. A failure also throws from the iteration. */
  readonly ended: Promise<SubscriptionEnd>;
  close(): Promise<void>;
}

/** The truth. Events are appended to streams and never changed. */
export interface EventStore {
  /**
   * Appends all events or none; acknowledged only when they are durable. An append that is sent again, with the
   * same expected revision ('any' apart) and the ids that are already stored behind it, is answered as it was the
   * first time and writes nothing.
   * @throws RangeError without events.
   * @throws ConcurrencyConflict when the stream is not at the expected revision; nothing was written.
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended>;
  /** An absent stream reads as empty. */
  readStream(stream: string, options?: ReadOptions): Promise<readonly RecordedEvent[]>;
  subscribe(options: SubscribeOptions): Subscription;
  /** The same without parsing the events. */
  subscribeTexts(options: SubscribeOptions): Subscription<EventText>;
  /** How much of the log up to `end` lies up to the position, from 0 to 1; exact or, where positions are no counts, nearly. */
  fractionAt(position: Position, end: Position): number;
  /** The position of the last committed event; undefined while there is none. */
  head(): Promise<Position | undefined>;
  /** Ends the subscriptions and waits for the appends under way. */
  close(): Promise<void>;
}

export class ConcurrencyConflict extends Error {
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: number | 'absent',
  ) {
    super(`Stream ${stream} is at revision ${actual}, not at ${expected}: somebody else appended first.`);
    this.name = 'ConcurrencyConflict';
  }
}
