import {
  type Delivery,
  type EventStore,
  type EventText,
  type SubscribeOptions,
  type Subscription,
} from '../ports/event-store.js';

/** The deliveries of a subscription until the signal ends it; that it ends for another reason is a fault. */
export const follow = (
  store: Pick<EventStore, 'subscribe'>,
  options: SubscribeOptions,
  signal: AbortSignal,
): AsyncGenerator<Delivery, void, undefined> => deliveries(() => store.subscribe(options), signal);

/** The same without parsing the events. */
export const followTexts = (
  store: Pick<EventStore, 'subscribeTexts'>,
  options: SubscribeOptions,
  signal: AbortSignal,
): AsyncGenerator<Delivery<EventText>, void, undefined> =>
  deliveries(() => store.subscribeTexts(options), signal);

async function* deliveries<Event>(
  subscribe: () => Subscription<Event>,
  signal: AbortSignal,
): AsyncGenerator<Delivery<Event>, void, undefined> {
  if (signal.aborted) return;
  const subscription = subscribe();
  // What cannot be closed now fails once more, and is reported, when it is closed below.
  const close = (): void => void subscription.close().catch(() => undefined);
  signal.addEventListener('abort', close, { once: true });
  const over = (): boolean => signal.aborted;
  try {
    for await (const delivery of subscription) {
      yield delivery;
      if (over()) return;
    }
  } finally {
    signal.removeEventListener('abort', close);
    await subscription.close();
  }
  if (!over()) throw new Error('The subscription was closed.');
}
