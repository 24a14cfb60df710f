import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Answer, type Client, refusalOf } from './client.js';
import { formatCount } from '../text.js';
import { type Totals } from './survey.js';

export interface Tally {
  /** Of the orders that stand: neither rejected nor cancelled. */
  readonly totals: Totals;
  /** How many orders ended how: `confirmed`, `rejected OUT_OF_STOCK`. */
  readonly ends: ReadonlyMap<string, number>;
  /** Orders that reached no end, or that the view does not know. */
  readonly waiting: ReadonlySet<string>;
}

export interface TallyOptions {
  readonly currency: string;
  readonly consistencyToken: string | undefined;
  /** How long to wait for the next order to reach its end. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly onEnd: () => void;
}

const orderSchema = z.object({
  orderId: z.string(),
  lines: z.array(z.object({ quantity: z.int() })),
  total: z.object({ amountMinor: z.int(), currency: z.string() }),
  status: z.object({ lifecycle: z.string() }),
  reason: z.object({ code: z.string() }).nullable(),
});

type Order = z.infer<typeof orderSchema>;

const pageSchema = z.object({ items: z.array(orderSchema), nextCursor: z.string().nullable() });

const underWay = new Set(['placed', 'cancelling']);
const undone = new Set(['rejected', 'cancelled']);

/** Reads the view, again and again, until all these orders have reached an end, and adds them up. */
export const tally = async (
  client: Client,
  orderIds: ReadonlySet<string>,
  { currency, consistencyToken, patienceMs, signal, onEnd }: TallyOptions,
): Promise<Tally> => {
  const totals: Totals = { orders: 0, units: 0, revenueMinor: 0 };
  const ends = new Map<string, number>();
  const waiting = new Set(orderIds);

  const add = ({ orderId, lines, total, status: { lifecycle }, reason }: Order): void => {
    waiting.delete(orderId);
    const end = reason === null ? lifecycle : `${lifecycle} ${reason.code}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
    onEnd();
    if (undone.has(lifecycle)) return;
    totals.orders += 1;
    for (const { quantity } of lines) totals.units += quantity;
    if (total.currency === currency) totals.revenueMinor += total.amountMinor;
  };

  let deadline = Date.now() + patienceMs;
  for (;;) {
    const before = waiting.size;
    for await (const order of stillWaiting(client, waiting, consistencyToken)) {
      if (!underWay.has(order.status.lifecycle)) add(order);
    }
    if (waiting.size < before) deadline = Date.now() + patienceMs;
    if (waiting.size === 0 || Date.now() > deadline) return { totals, ends, waiting };
    await sleep(200, undefined, { signal });
  }
};

/** The view's orders that are waited for, from the newest back to where all of them have been seen. */
async function* stillWaiting(
  client: Client,
  waiting: ReadonlySet<string>,
  consistencyToken: string | undefined,
): AsyncGenerator<Order> {
  let unseen = waiting.size;
  let cursor: string | null = null;
  while (unseen > 0) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = pageOf(await client.get(`/api/orders?limit=500${query}`, consistencyToken));
    for (const order of page.items) {
      if (!waiting.has(order.orderId)) continue;
      unseen -= 1;
      yield order;
    }
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

const pageOf = (answer: Answer): z.infer<typeof pageSchema> => {
  const page = pageSchema.safeParse(answer.body);
  if (answer.status === 200 && page.success) return page.data;
  throw new Error(`GET /api/orders answered ${refusalOf(answer)}, not a page of orders.`);
};

export const sameTotals = (a: Totals, b: Totals): boolean =>
  a.orders === b.orders && a.units === b.units && a.revenueMinor === b.revenueMinor;

/** File, views and difference as a table. */
export const compare = (file: Totals, views: Totals, currency: string, decimals: number): string => {
  const row = (name: string, inFile: number, inViews: number, format: (value: number) => string) =>
    [name, format(inFile), format(inViews), format(inViews - inFile)] as const;
  const rows = [
    ['', 'file', 'views', 'difference'],
    row('orders', file.orders, views.orders, formatCount),
    row('units', file.units, views.units, formatCount),
    row(`revenue ${currency}`, file.revenueMinor, views.revenueMinor, (value) =>
      formatMinor(value, decimals),
    ),
  ] as const;
  return rows
    .map(([name, ...cells]) => name.padEnd(12) + cells.map((cell) => cell.padStart(18)).join(''))
    .join('\n');
};

export const formatMinor = (minor: number, decimals: number): string => {
  const digits = Math.abs(minor)
    .toString()
    .padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  const fraction = decimals === 0 ? '' : `.${digits.slice(cut)}`;
  return `${minor < 0 ? '-' : ''}${formatCount(Number(digits.slice(0, cut)))}${fraction}`;
};
