import { setTimeout as pause } from 'node:timers/promises';
import { toPosition, fromPosition, ORIGIN } from './position.js';
import {
  type Delivery,
  type EventText,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionEnd,
} from '../../ports/event-store.js';
import { type Logger } from '../../ports/logger.js';
import { type AllLog } from './all-log.js';
import { type Heading } from './envelope.js';
import { passingOf, translated } from './errors.js';
import { type Feed } from './feed.js';
import { compileFilter } from './filter.js';
import { type Ahead, Progress } from './progress.js';
import { type Counters } from './status.js';

const DEFAULT_BATCH = 512;
/** How many events the server looks at, at once and from one checkpoint to the next. */
const CATCH_UP_WINDOW = 512;
/** Live, each event that does not match is a checkpoint, so that the position is not behind it for long. */
const LIVE_WINDOW = 1;
/** How many events are looked at here when the server is silent. */
const LOOK_AHEAD = 512;

/** How long news are waited for before a look is taken oneself: at an uncertain checkpoint, and while not live. */
const CHECKPOINT_PATIENCE_MS = 10;
const CATCH_UP_PATIENCE_MS = 100;
const LONGEST_PATIENCE_MS = 1_000;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A failure without a known reason that repeats itself so often will not pass. */
const UNKNOWN_FAILURES = 5;

const doing = 'subscription to $all';

/** @typeParam Event what the subscriber gets of each event */
export class EventStoreDbSubscription<Event> implements Subscription<Event> {
  readonly ended: Promise<SubscriptionEnd>;
  private readonly end: (end: SubscriptionEnd) => void;
  private readonly closing = new AbortController();
  private readonly feeds = new Set<Feed>();
  private readonly filter;
  private readonly start: bigint;
  private readonly batchSize: number;

  constructor(
    private readonly log: AllLog,
    options: SubscribeOptions,
    private readonly toEvent: (text: EventText) => Event,
    private readonly counters: Counters,
    private readonly logger: Logger,
    private readonly onForeign: (heading: Heading, position: bigint) => void,
  ) {
    this.start = options.from === 'start' ? ORIGIN : fromPosition(options.from);
    this.batchSize = options.batchSize ?? DEFAULT_BATCH;
    this.filter = compileFilter(options.filter);
    const { promise, resolve } = Promise.withResolvers<SubscriptionEnd>();
    this.ended = promise;
    this.end = resolve;
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivery<Event>> {
    return this.deliver();
  }

  close(): Promise<void> {
    this.closing.abort();
    this.end({ why: 'closed' });
    for (const feed of this.feeds) feed.close();
    return Promise.resolve();
  }

  private isOpen(): boolean {
    return !this.closing.signal.aborted;
  }

  private async *deliver(): AsyncGenerator<Delivery<Event>, void, undefined> {
    const progress = new Progress(this.start, this.filter, this.onForeign);
    const told = { position: this.start, caughtUp: false };
    let failures = 0;
    try {
      while (this.isOpen()) {
        const before = progress.position;
        try {
          yield* this.follow(progress, told);
        } catch (error) {
          if (!this.isOpen()) return;
          failures = progress.position > before ? 1 : failures + 1;
          progress.live = false;
          await this.recover(error, failures, progress.position);
        }
      }
    } catch (error) {
      this.end({ why: 'failed', error: error as Error });
      throw error;
    } finally {
      await this.close();
    }
  }

  /** Until it is closed, or has caught up with a wide window and goes on with a narrow one. */
  private async *follow(
    progress: Progress,
    told: { position: bigint; caughtUp: boolean },
  ): AsyncGenerator<Delivery<Event>, void, undefined> {
    const isNarrow = this.filter.isNarrow && progress.live;
    const feed = await this.log.subscribe(
      progress.position,
      this.filter.onServer(isNarrow ? LIVE_WINDOW : CATCH_UP_WINDOW),
      this.batchSize,
    );
    progress.connected();
    this.feeds.add(feed);
    try {
      let silences = 0;
      while (this.isOpen()) {
        const wasLive = progress.live;
        const messages = await feed.take(this.batchSize, patience(progress, silences));
        const events = progress.take(messages);
        silences = messages.length === 0 ? silences + 1 : 0;
        const hasCaughtUp = this.filter.isNarrow && progress.live && !wasLive;
        const ahead =
          feed.isEmpty && (silences > 0 || hasCaughtUp) ? await this.lookAhead(progress, feed) : undefined;
        if (!this.isOpen()) return;
        const caughtUp = progress.live && feed.isEmpty && ahead !== 'a match';
        if (progress.position > told.position || (caughtUp && !told.caughtUp)) {
          told.position = progress.position;
          told.caughtUp = caughtUp;
          yield { events: events.map(this.toEvent), position: toPosition(progress.position), caughtUp };
        }
        if (caughtUp && this.filter.isNarrow && !isNarrow) return;
      }
    } finally {
      this.feeds.delete(feed);
      feed.close();
    }
  }

  /** The position moves on over what does not match, which the server tells late or never. */
  private async lookAhead(progress: Progress, feed: Feed): Promise<Ahead> {
    let ahead: Ahead;
    do {
      ahead = progress.passOver(await this.log.readAfter(progress.position, LOOK_AHEAD), LOOK_AHEAD);
    } while (ahead === 'more' && feed.isEmpty && this.isOpen());
    return ahead;
  }

  /** @throws when going on is useless. */
  private async recover(error: unknown, failures: number, position: bigint): Promise<void> {
    const reason = passingOf(error);
    if (reason === undefined || (reason === 'unknown' && failures === UNKNOWN_FAILURES)) {
      throw translated(error, doing);
    }
    this.counters.reconnects[reason] += 1;
    this.logger.warn(
      { reason, position: toPosition(position), failures, error: String(error) },
      'EventStoreDB: a subscription was dropped; it goes on behind its position.',
    );
    const ms = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
    // A pause that is broken off by the end of the subscription is over too.
    await pause(ms, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }
}

/** undefined: for ever. */
const patience = (progress: Progress, silences: number): number | undefined => {
  if (progress.isUncertain) return CHECKPOINT_PATIENCE_MS;
  return progress.live ? undefined : Math.min(CATCH_UP_PATIENCE_MS * 2 ** silences, LONGEST_PATIENCE_MS);
};
