import { type NewEvent, type Position, type RecordedEvent } from '../../kernel/envelope.js';
import {
  type Appended,
  ConcurrencyConflict,
  type EventStore,
  type EventText,
  type ExpectedRevision,
  type ReadOptions,
  type SubscribeOptions,
  type Subscription,
} from '../../ports/event-store.js';
import { whenFree } from './busy.js';
import { type Database, isTaken } from './database.js';
import { type Entry, type EventLog, eventOf } from './event-log.js';
import { Closed, type GroupCommit, Refused } from './group-commit.js';
import {
  type EncodedEvent,
  encodeEvent,
  EVENT_COLUMNS,
  type EventRow,
  fromPosition,
  toEvent,
  toEventText,
  toPosition,
} from './rows.js';
import { EmbeddedSubscription } from './subscription.js';
import { type Wakeups } from './wakeups.js';

/** The revision before the first event. */
const ABSENT = -1;

export class EmbeddedEventStore implements EventStore {
  private closed = false;
  private readonly subscriptions = new Set<Subscription<unknown>>();
  private readonly selectRevision;
  private readonly selectRepeated;
  private readonly selectForwards;
  private readonly selectBackwards;

  constructor(
    private readonly db: Database,
    private readonly commits: GroupCommit,
    private readonly log: EventLog,
    private readonly wakeups: Wakeups,
  ) {
    this.selectRevision = db
      .prepare<[string], number>(
        'SELECT revision FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1',
      )
      .pluck();
    this.selectRepeated = db
      .prepare<[string, number, number], [id: string, position: number]>(
        'SELECT id, position FROM events WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?',
      )
      .raw();
    const read = (condition: string) =>
      db
        .prepare<[string, number, number], EventRow>(
          `SELECT ${EVENT_COLUMNS} FROM events WHERE stream = ? AND ${condition} LIMIT ?`,
        )
        .raw();
    this.selectForwards = read('revision >= ? ORDER BY revision');
    this.selectBackwards = read('revision <= ? ORDER BY revision DESC');
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    if (events.length === 0) throw new RangeError(`An append to ${stream} needs at least one event.`);
    const encoded = events.map(encodeEvent);
    return this.commits.write(() => this.insert(stream, expected, encoded));
  }

  readStream(stream: string, options: ReadOptions = {}): Promise<readonly RecordedEvent[]> {
    const { direction = 'forwards', from, limit = -1 } = options;
    return this.read(() => {
      const rows =
        direction === 'forwards'
          ? this.selectForwards.all(stream, from ?? 0, limit)
          : this.selectBackwards.all(stream, from ?? Number.MAX_SAFE_INTEGER, limit);
      return rows.map(toEvent);
    });
  }

  subscribe(options: SubscribeOptions): Subscription {
    return this.subscribed(options, eventOf);
  }

  subscribeTexts(options: SubscribeOptions): Subscription<EventText> {
    return this.subscribed(options, ({ row }) => toEventText(row));
  }

  private subscribed<Event>(
    options: SubscribeOptions,
    toEvent: (entry: Entry) => Event,
  ): Subscription<Event> {
    if (this.closed) throw new Closed();
    const subscription = new EmbeddedSubscription(this.db, this.log, this.wakeups, options, toEvent);
    this.subscriptions.add(subscription);
    void subscription.ended.then(() => this.subscriptions.delete(subscription));
    return subscription;
  }

  head(): Promise<Position | undefined> {
    return this.read(() => {
      this.log.refresh();
      return this.log.head === 0 ? undefined : toPosition(this.log.head);
    });
  }

  fractionAt(position: Position, end: Position): number {
    return Math.min(1, fromPosition(position) / fromPosition(end));
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await this.commits.close();
  }

  /** Part of a transaction. */
  private insert(
    stream: string,
    expected: ExpectedRevision,
    events: readonly EncodedEvent[],
  ): Appended | Refused {
    if (expected === 'absent') {
      // The first event meets one that is there already: one look at the index less than asking beforehand.
      try {
        return this.insertAfter(ABSENT, stream, events);
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    const actual = this.selectRevision.get(stream) ?? ABSENT;
    const before = expected === 'any' ? actual : expected === 'absent' ? ABSENT : expected;
    if (before === actual) return this.insertAfter(before, stream, events);
    return (
      this.repeated(stream, before, events) ??
      new Refused(new ConcurrencyConflict(stream, expected, actual === ABSENT ? 'absent' : actual))
    );
  }

  private insertAfter(before: number, stream: string, events: readonly EncodedEvent[]): Appended {
    let revision = before;
    let position = 0;
    for (const event of events) {
      revision += 1;
      position = this.log.append([stream, revision, ...event]);
    }
    return { revision, position: toPosition(position) };
  }

  /** What the same append was answered before, when its events are already there. */
  private repeated(stream: string, before: number, events: readonly EncodedEvent[]): Appended | undefined {
    const stored = this.selectRepeated.all(stream, before, events.length);
    const last = stored.at(-1);
    const same = stored.length === events.length && stored.every(([id], index) => id === events[index]?.[0]);
    return last !== undefined && same
      ? { revision: before + events.length, position: toPosition(last[1]) }
      : undefined;
  }

  private async read<T>(work: () => T): Promise<T> {
    return whenFree(() => {
      if (this.closed) throw new Closed();
      return work();
    });
  }
}
