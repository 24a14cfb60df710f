import { type Position } from '../../kernel/envelope.js';
import { type EventStore } from '../../ports/event-store.js';

/** How far somebody is behind the head of the event store. */
export interface Lag {
  /** Events that it has not dealt with, those of others among them; `mostCounted` stands for that or more. */
  readonly events: number;
  /** The age of the oldest of them. */
  readonly seconds: number;
}

/** To count further would cost whoever is behind what he needs to catch up. */
export const mostCounted = 10_000;

const none: Lag = { events: 0, seconds: 0 };

/**
 * The lag of each. Positions are no counts, so the events behind them are read: once for all who have got equally far,
 * and only when somebody is behind.
 * @param positions of what each has dealt with; undefined: nothing yet
 */
export const lagsOf = async (
  store: Pick<EventStore, 'head' | 'subscribeTexts'>,
  positions: ReadonlyMap<string, Position | undefined>,
  now: number,
): Promise<ReadonlyMap<string, Lag>> => {
  const head = await store.head();
  const known = new Map<Position | undefined, Lag>();
  const lags = new Map<string, Lag>();
  for (const [name, position] of positions) {
    const isThere = head === undefined || (position !== undefined && position >= head);
    const lag = known.get(position) ?? (isThere ? none : await lagBehind(store, position, head, now));
    known.set(position, lag);
    lags.set(name, lag);
  }
  return lags;
};

const lagBehind = async (
  store: Pick<EventStore, 'subscribeTexts'>,
  position: Position | undefined,
  head: Position,
  now: number,
): Promise<Lag> => {
  const subscription = store.subscribeTexts({ from: position ?? 'start', batchSize: 1_000 });
  let [events, oldest] = [0, now];
  try {
    for await (const delivery of subscription) {
      const [first] = delivery.events;
      if (events === 0 && first !== undefined) oldest = occurredAt(first.metadata, now);
      events += delivery.events.length;
      if (delivery.position >= head || events >= mostCounted) break;
    }
  } finally {
    await subscription.close();
  }
  return { events: Math.min(events, mostCounted), seconds: Math.max(0, (now - oldest) / 1_000) };
};

const occurredAt = (metadata: string, fallback: number): number => {
  const at = /"occurredAt":"([^"]{1,40})"/.exec(metadata)?.[1];
  const time = at === undefined ? NaN : Date.parse(at);
  return Number.isNaN(time) ? fallback : time;
};
