import { type NewEvent, type RecordedEvent } from '../kernel/envelope.js';
import { type Delivery, type EventStore, type SubscribeOptions } from '../ports/event-store.js';

/** An event that is told from all others by its id. */
export const sampleEvent = (
  id: string,
  { type = 'SampleHappened', data = {} }: { readonly type?: string; readonly data?: object } = {},
): NewEvent => ({
  id,
  type,
  version: 1,
  data: { id, ...data },
  metadata: {
    correlationId: `correlation of ${id}`,
    causationId: `cause of ${id}`,
    commandId: `command of ${id}`,
    actor: 'contract',
    occurredAt: '2026-01-02T03:04:05.678Z',
  },
});

export const idsOf = (events: readonly { readonly id: string }[]): readonly string[] =>
  events.map(({ id }) => id);

/** All deliveries up to and with the first that satisfies; then the subscription is closed. */
export const deliveriesUntil = async (
  store: EventStore,
  options: SubscribeOptions,
  enough: (delivery: Delivery, events: readonly RecordedEvent[]) => boolean,
): Promise<readonly Delivery[]> => {
  const deliveries: Delivery[] = [];
  const events: RecordedEvent[] = [];
  for await (const delivery of store.subscribe(options)) {
    deliveries.push(delivery);
    events.push(...delivery.events);
    if (enough(delivery, events)) break;
  }
  return deliveries;
};

/** What a subscription delivers until it has caught up. */
export const eventsOf = async (
  store: EventStore,
  options: SubscribeOptions = { from: 'start' },
): Promise<readonly RecordedEvent[]> =>
  (await deliveriesUntil(store, options, ({ caughtUp }) => caughtUp)).flatMap(({ events }) => events);
