import { type NewEvent, type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { categoryOf } from '../../kernel/ids.js';
import {
  type Appended,
  type EventStore,
  type EventText,
  type ExpectedRevision,
  type ReadOptions,
  type SubscribeOptions,
  type Subscription,
} from '../../ports/event-store.js';
import { type OpenSpan, type Tracing } from './tracing.js';

/**
 * An event store whose appends are spans, and whose events carry the context of theirs. One append may hold the
 * commands of many requests: each of their traces gets a span of it.
 */
export class TracedEventStore implements EventStore {
  /** @param system what the store is, as in https://opentelemetry.io/docs/specs/semconv/database/ */
  constructor(
    private readonly store: EventStore,
    private readonly tracing: Tracing,
    private readonly system: string,
  ) {}

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    const spans = new Map<string | undefined, OpenSpan>();
    const types = new Map<OpenSpan, string[]>();
    const traced = events.map((event) => {
      const { traceparent: after, correlationId } = event.metadata;
      let span = spans.get(after);
      if (span === undefined) {
        span = this.begin(stream, after, correlationId);
        spans.set(after, span);
        types.set(span, []);
      }
      types.get(span)?.push(event.type);
      const { traceparent } = span;
      return traceparent === undefined || traceparent === after
        ? event
        : { ...event, metadata: { ...event.metadata, traceparent } };
    });
    const [first] = spans.values();
    try {
      const append = () => this.store.append(stream, expected, traced);
      const appended = await (first === undefined ? append() : first.within(append));
      for (const [span, ofSpan] of types) {
        span.set({ 'commerce.event.types': ofSpan, 'commerce.revision': appended.revision });
        span.end();
      }
      return appended;
    } catch (error) {
      for (const span of types.keys()) span.fail(error);
      throw error;
    }
  }

  readStream(stream: string, options?: ReadOptions): Promise<readonly RecordedEvent[]> {
    return this.store.readStream(stream, options);
  }

  subscribe(options: SubscribeOptions): Subscription {
    return this.store.subscribe(options);
  }

  subscribeTexts(options: SubscribeOptions): Subscription<EventText> {
    return this.store.subscribeTexts(options);
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

  private begin(stream: string, after: string | undefined, correlationId: string): OpenSpan {
    const category = categoryOf(stream);
    return this.tracing.begin({
      name: `append ${category}`,
      kind: 'CLIENT',
      after,
      correlationId,
      attributes: {
        'db.system.name': this.system,
        'db.operation.name': 'append',
        'db.collection.name': category,
        'commerce.stream': stream,
      },
    });
  }
}
