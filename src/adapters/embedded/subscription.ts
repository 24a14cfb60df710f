import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Delivery,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionEnd,
} from '../../ports/event-store.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { compileFilter } from './event-filter.js';
import { type Entry, type EventLog } from './event-log.js';
import { EVENT_COLUMNS, type EventRow, fromPosition, toPosition } from './rows.js';
import { type Wakeups } from './wakeups.js';

const DEFAULT_BATCH = 512;
/** How many events one read looks at, however few of them match: it blocks the event loop meanwhile. */
const SCAN_WINDOW = 4096;

interface Scanned<Event> {
  readonly events: readonly Event[];
  readonly position: number;
}

/** @typeParam Event what the subscriber gets of each row */
export class EmbeddedSubscription<Event> implements Subscription<Event> {
  readonly ended: Promise<SubscriptionEnd>;
  private open = true;
  private readonly end: (end: SubscriptionEnd) => void;
  private readonly filter;
  private readonly select;
  private readonly start: number;
  private readonly batchSize: number;

  constructor(
    db: Database,
    private readonly log: EventLog,
    private readonly wakeups: Wakeups,
    options: SubscribeOptions,
    private readonly toEvent: (entry: Entry) => Event,
  ) {
    this.start = options.from === 'start' ? 0 : fromPosition(options.from);
    this.batchSize = options.batchSize ?? DEFAULT_BATCH;
    this.filter = compileFilter(options.filter);
    this.select = db
      .prepare<[number, number, ...string[], number], EventRow>(
        `SELECT ${EVENT_COLUMNS} FROM events WHERE position > ? AND position <= ? AND (${this.filter.sql})
         ORDER BY position LIMIT ?`,
      )
      .raw();
    const { promise, resolve } = Promise.withResolvers<SubscriptionEnd>();
    this.ended = promise;
    this.end = resolve;
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivery<Event>> {
    return this.deliver();
  }

  close(): Promise<void> {
    this.open = false;
    this.end({ why: 'closed' });
    this.wakeups.wake();
    return Promise.resolve();
  }

  private async *deliver(): AsyncGenerator<Delivery<Event>, void, undefined> {
    let position = this.start;
    let toldCaughtUp = false;
    try {
      for (;;) {
        const scanned = await this.scan(position);
        if (scanned === undefined) return;
        const caughtUp = scanned.position >= this.log.head;
        if (scanned.position > position || (caughtUp && !toldCaughtUp)) {
          position = scanned.position;
          toldCaughtUp = caughtUp;
          yield { events: scanned.events, position: toPosition(position), caughtUp };
        } else if (this.open && position >= this.log.head) {
          // It may have been closed since the scan, and nobody would wake it again.
          await this.wakeups.sleep();
        }
      }
    } catch (error) {
      this.end({ why: 'failed', error: error as Error });
      throw error;
    } finally {
      await this.close();
    }
  }

  /** undefined when the subscription has been closed meanwhile. */
  private async scan(position: number): Promise<Scanned<Event> | undefined> {
    // Many reads from the file in a row would starve everybody else.
    if (!this.log.covers(position)) await nextTurn();
    return whenFree(() => {
      if (!this.open) return undefined;
      this.log.refresh();
      return this.log.covers(position) ? this.recent(position) : this.stored(position);
    });
  }

  private recent(position: number): Scanned<Event> {
    if (position >= this.log.head) return { events: [], position };
    const recent = this.log.after(position, SCAN_WINDOW, this.batchSize, this.filter.matches);
    return { events: recent.entries.map(this.toEvent), position: recent.position };
  }

  private stored(position: number): Scanned<Event> {
    const end = Math.min(this.log.head, position + SCAN_WINDOW);
    const rows = this.select.all(position, end, ...this.filter.parameters, this.batchSize);
    const last = rows.at(-1);
    const full = last !== undefined && rows.length === this.batchSize;
    return { events: rows.map((row) => this.toEvent({ row })), position: full ? last[0] : end };
  }
}
