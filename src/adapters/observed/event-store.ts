import { type Counter } from 'prom-client';
import { type NewEvent, type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { categoryOf } from '../../kernel/ids.js';
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
import { type Durations, type Metrics } from './metrics.js';

/** An event store that tells how long it takes, what is appended and what goes wrong. */
export class ObservedEventStore implements EventStore {
  private readonly appends: Durations;
  private readonly events: Counter;
  private readonly conflicts: Counter;
  private readonly reads: Durations;
  private readonly failedSubscriptions: Counter;

  constructor(
    private readonly store: EventStore,
    metrics: Metrics,
  ) {
    this.appends = metrics.durations('commerce_append_duration_seconds', 'Appends to the event store', [
      'outcome',
    ]);
    this.events = metrics.counter('commerce_events_appended_total', 'Events appended by this process', [
      'type',
    ]);
    this.conflicts = metrics.counter(
      'commerce_append_conflicts_total',
      'Appends that lost against another writer of the stream and were decided anew',
      ['category'],
    );
    this.reads = metrics.durations('commerce_stream_read_duration_seconds', 'Reads of streams', ['outcome']);
    this.failedSubscriptions = metrics.counter(
      'commerce_subscriptions_failed_total',
      'Subscriptions that ended with a fault; their work starts again',
      ['reason'],
    );
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    const end = this.appends.start();
    try {
      const appended = await this.store.append(stream, expected, events);
      end({ outcome: 'appended' });
      for (const { type } of events) this.events.inc({ type });
      return appended;
    } catch (error) {
      const isConflict = error instanceof ConcurrencyConflict;
      end({ outcome: isConflict ? 'conflict' : 'failed' });
      if (isConflict) this.conflicts.inc({ category: categoryOf(stream) });
      throw error;
    }
  }

  async readStream(stream: string, options?: ReadOptions): Promise<readonly RecordedEvent[]> {
    const end = this.reads.start();
    try {
      const events = await this.store.readStream(stream, options);
      end({ outcome: 'read' });
      return events;
    } catch (error) {
      end({ outcome: 'failed' });
      throw error;
    }
  }

  subscribe(options: SubscribeOptions): Subscription {
    return this.watched(this.store.subscribe(options));
  }

  subscribeTexts(options: SubscribeOptions): Subscription<EventText> {
    return this.watched(this.store.subscribeTexts(options));
  }

  fractionAt(position: Position, end: Position): number {
    return this.store.fractionAt(position, end);
  }

  head(): Promise<Position | undefined> {
    return this.store.head();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private watched<Event>(subscription: Subscription<Event>): Subscription<Event> {
    void subscription.ended.then((end) => {
      if (end.why === 'failed') this.failedSubscriptions.inc({ reason: end.error.name });
    });
    return subscription;
  }
}
