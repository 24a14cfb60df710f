import { OrderLife } from './order-life.js';
import { type Append, Pen } from './pen.js';
import { Random } from './random.js';
import { Shop } from './shop.js';

export interface HistoryOptions {
  /** The same seed gives the same history, whatever its length. */
  readonly seed: number;
  /** A multiple of 5. */
  readonly products?: number;
  /** Orders that wait for the carrier, or for the customer, at once. */
  readonly waiting?: number;
}

/** Orders whose events are written by turns. */
const atHand = 100;

/** What a shop writes down, without an end: its events in the order in which they are committed. */
export function* historyOf({
  seed,
  products = 3_000,
  waiting: mostWaiting = 3_000,
}: HistoryOptions): Generator<Append, never, undefined> {
  const random = new Random(seed);
  const pen = new Pen(random);
  const shop = new Shop(pen, random, products);
  yield* shop.open();
  const busy: OrderLife[] = [];
  const waiting: OrderLife[] = [];
  for (;;) {
    if (waiting.length > mostWaiting) busy.push(...taken(waiting, random));
    else if (busy.length < atHand) busy.push(new OrderLife({ pen, random, shop }));
    const [order] = taken(busy, random);
    const next = order?.next();
    if (order === undefined || next === undefined) continue;
    if (next === 'waits') waiting.push(order);
    else {
      busy.push(order);
      yield next;
    }
  }
}

/** Any of them, which is then no longer there. */
const taken = <Item>(items: Item[], random: Random): readonly Item[] => {
  const index = random.below(items.length);
  const last = items.pop();
  const chosen = items[index];
  if (last === undefined) return [];
  if (chosen === undefined) return [last];
  items[index] = last;
  return [chosen];
};
