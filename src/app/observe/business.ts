import { type Counter } from 'prom-client';
import { type Durations, type Metrics } from '../../adapters/observed/metrics.js';
import { follow } from '../../execution/follow.js';
import { type LeadershipOptions, type Term, whileLeading } from '../../execution/leadership.js';
import { streamsOf } from '../../execution/service-reactions.js';
import { type Position, type Recorded, type RecordedEvent, upcast } from '../../kernel/envelope.js';
import { categoryOf, streamOf } from '../../kernel/ids.js';
import { type Checkpoints } from '../../ports/checkpoints.js';
import { type EventStore } from '../../ports/event-store.js';
import { counted, type CountedFigure, figuresOf, type TellingEvent, tellingEvents } from './figures.js';

/** Names the lease and the checkpoint. */
const slot = 'order.figures';
/** Orders whose beginning is remembered; that of others is read from their streams. */
const mostRemembered = 50_000;
const saveEveryMs = 1_000;

export interface BusinessPorts extends LeadershipOptions {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'head' | 'readStream'>;
  readonly checkpoints: Checkpoints;
}

/**
 * Counts what the events tell of the business, as they are committed, in one process at a time: the counters of all
 * processes together are right. It begins at the end of the log when it has never run, and goes on where the process
 * before it was; what that one had counted and nobody had scraped is lost, or counted twice when it had not saved it.
 */
export class BusinessFigures {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly counters: ReadonlyMap<CountedFigure, Counter>;
  private readonly toConfirmation: Durations;
  private readonly toShipping: Durations;
  private readonly placedAt = new Map<string, number>();

  constructor(
    private readonly ports: BusinessPorts,
    metrics: Metrics,
  ) {
    this.counters = new Map(
      (Object.keys(counted) as CountedFigure[]).map((name) => {
        const { help, labels } = counted[name];
        return [name, metrics.counter(name, help, labels)];
      }),
    );
    this.toConfirmation = metrics.durations(
      'commerce_order_confirmation_seconds',
      'From placed to confirmed',
      [],
      'long',
    );
    this.toShipping = metrics.durations(
      'commerce_order_shipping_seconds',
      'From placed to wholly shipped',
      [],
      'long',
    );
  }

  start(): void {
    const office = { name: `job:${slot}`, serve: (term: Term) => this.serve(term) };
    this.running = whileLeading(office, this.ports, this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async serve({ signal, goesWell }: Term): Promise<void> {
    const { eventStore, checkpoints } = this.ports;
    const from = (await checkpoints.load(slot)) ?? (await eventStore.head()) ?? 'start';
    const filter = streamsOf(...Object.keys(tellingEvents));
    let savedAt = performance.now();
    let reached: Position | undefined;
    for await (const { events, position } of follow(eventStore, { from, filter }, signal)) {
      for (const event of events) await this.count(event);
      reached = position;
      if (performance.now() - savedAt > saveEveryMs) {
        await checkpoints.save(slot, reached);
        savedAt = performance.now();
        reached = undefined;
      }
      goesWell();
    }
    if (reached !== undefined) await checkpoints.save(slot, reached);
  }

  private async count(recorded: RecordedEvent): Promise<void> {
    const event = tellingOf(recorded);
    if (event === undefined) return;
    for (const { name, labels, by } of figuresOf(event)) this.counters.get(name)?.inc(labels, by);
    const at = Date.parse(event.metadata.occurredAt);
    const since = async (orderId: string): Promise<number> =>
      Math.max(0, (at - (await this.timeOfPlacing(orderId, at))) / 1_000);
    if (event.type === 'OrderPlaced') this.remember(event.data.orderId, at);
    if (event.type === 'OrderConfirmed') this.toConfirmation.observe({}, await since(event.data.orderId));
    if (event.type === 'OrderShipped' && event.data.complete) {
      this.toShipping.observe({}, await since(event.data.orderId));
    }
  }

  private async timeOfPlacing(orderId: string, fallback: number): Promise<number> {
    const known = this.placedAt.get(orderId);
    if (known !== undefined) return known;
    const [first] = await this.ports.eventStore.readStream(streamOf('order', orderId), { from: 0, limit: 1 });
    return first === undefined ? fallback : Date.parse(first.metadata.occurredAt);
  }

  private remember(orderId: string, at: number): void {
    this.placedAt.set(orderId, at);
    if (this.placedAt.size <= mostRemembered) return;
    const [oldest] = this.placedAt.keys();
    if (oldest !== undefined) this.placedAt.delete(oldest);
  }
}

const tellingOf = (recorded: RecordedEvent): Recorded<TellingEvent> | undefined => {
  const versions = tellingEvents[categoryOf(recorded.stream)];
  // The event is one of those whose versions are listed, which the compiler cannot see.
  return versions && (upcast(versions, recorded, slot) as Recorded<TellingEvent>);
};
