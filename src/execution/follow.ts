import { type Delivery, type EventStore, type SubscribeOptions } from '../ports/event-store.js';

/** The deliveries of a subscription until the signal ends it; that it ends for another reason is a fault. */
export async function* follow(
  store: Pick<EventStore, 'subscribe'>,
  options: SubscribeOptions,
  signal: AbortSignal,
): AsyncGenerator<Delivery, void, undefined> {
  if (signal.aborted) return;
  const subscription = store.subscribe(options);
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
