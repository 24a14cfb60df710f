import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { type NewEvent, type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { categoryOf } from '../../kernel/ids.js';
import { plus, zero } from '../../kernel/money.js';
import { allProjections } from '../../projections/all.js';
import { inventoryProjection } from '../../projections/inventory/inventory.projection.js';
import { orderStatusProjection } from '../../projections/order-status/order-status.projection.js';
import { paymentsProjection } from '../../projections/payments/payments.projection.js';
import { refold } from '../../projections/refold.js';
import { readAll } from '../events.js';
import { fillWithHistory, StoreNotEmpty } from './fill.js';
import { historyOf, type HistoryOptions } from './history.js';

/** The first events as a store would record them; each append says where its stream must be. */
const recorded = (atLeast: number, options: HistoryOptions): readonly RecordedEvent[] => {
  const events: RecordedEvent[] = [];
  const revisions = new Map<string, number>();
  for (const { stream, expected, events: appended } of historyOf(options)) {
    expect(expected).toBe(revisions.get(stream) ?? 'absent');
    for (const event of appended) {
      const revision = (revisions.get(stream) ?? -1) + 1;
      revisions.set(stream, revision);
      const position = String(events.length + 1).padStart(20, '0') as Position;
      events.push({ ...event, stream, revision, position });
    }
    if (events.length >= atLeast) break;
  }
  return events;
};

const orderOf = ({ data }: NewEvent): unknown => ('orderId' in data ? data.orderId : undefined);

const events = recorded(20_000, { seed: 7, products: 200, waiting: 300 });

test('The same seed gives the same history, another seed another one', () => {
  const again = recorded(20_000, { seed: 7, products: 200, waiting: 300 });
  const other = recorded(20_000, { seed: 8, products: 200, waiting: 300 });
  expect(again).toEqual(events);
  expect(other[5_000]).not.toEqual(events[5_000]);
});

test('Every projection understands every event', () => {
  const documents = Object.fromEntries(
    allProjections.map(({ projection }) => [projection.name, refold(projection, events).size]),
  );
  const [orders, mails] = ['order', 'notification'].map(
    (category) =>
      new Set(events.flatMap(({ stream }) => (categoryOf(stream) === category ? [stream] : []))).size,
  );
  expect(documents).toMatchObject({
    catalog: 200,
    inventory: 200,
    order_status: orders,
    notifications: mails,
  });
});

test('Orders end in every way there is, and the events of one stand between those of others', () => {
  const ends = new Map<string, number>();
  for (const { order } of refold(orderStatusProjection, events).values()) {
    const end = `${order.status.lifecycle}, ${order.status.payment}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  expect([...ends.keys()]).toEqual(
    expect.arrayContaining([
      'confirmed, authorised',
      'completed, captured',
      'rejected, declined',
      'rejected, none',
      'cancelled, voided',
      'returned, refunded',
    ]),
  );
  const ofOrders = events.filter((event) => orderOf(event) !== undefined);
  const beside = ofOrders.filter((event, index) => orderOf(event) === orderOf(ofOrders[index + 1] ?? event));
  expect(beside.length / ofOrders.length).toBeLessThan(0.25);
});

test('Stock adds up', () => {
  const levels = refold(inventoryProjection, events);
  const received = new Map<string, number>();
  const held = new Map<string, number>();
  const add = (to: Map<string, number>, sku: string, quantity: number): void => {
    to.set(sku, (to.get(sku) ?? 0) + quantity);
  };
  for (const { type, data } of events as readonly { type: string; data: StockData }[]) {
    if (type === 'StockReceived') add(received, data.sku, data.quantity);
    if (type === 'StockReserved') add(held, data.sku, data.quantity);
    if (type === 'StockReleased' || type === 'StockCommitted') add(held, data.sku, -data.quantity);
  }
  for (const { sku, onHand, reserved, available, committed } of levels.values()) {
    expect({ sku, received: onHand + committed, reserved }).toEqual({
      sku,
      received: received.get(sku),
      reserved: held.get(sku) ?? 0,
    });
    expect(Math.min(reserved, available)).toBeGreaterThanOrEqual(0);
  }
});

interface StockData {
  readonly sku: string;
  readonly quantity: number;
}

test('Money adds up', () => {
  const payments = refold(paymentsProjection, events);
  for (const { order, settlement } of refold(orderStatusProjection, events).values()) {
    const { currency } = order.total;
    expect(order.lines.reduce((total, { lineTotal }) => plus(total, lineTotal), zero(currency))).toEqual(
      order.total,
    );
    const payment = payments.get(order.paymentId ?? '');
    if (payment === undefined) continue;
    const { amount, captured, refunded } = payment;
    expect({ amount, captured: captured.amountMinor, refunded: refunded.amountMinor }).toEqual({
      amount: order.total,
      ...settlement,
    });
    const taken = order.status.fulfilment === 'delivered' ? order.total : captured;
    expect({ captured, left: captured.amountMinor - refunded.amountMinor >= 0 }).toEqual({
      captured: taken,
      left: true,
    });
  }
});

test('A store is filled with the history in its order, once', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'history-'));
  try {
    const options = { seed: 7, products: 200, waiting: 300 };
    const count = await fillWithHistory(dataDir, { ...options, events: 5_000 });
    const { eventStore, close } = openEmbedded({ dataDir });
    expect(await readAll(eventStore)).toEqual(recorded(5_000, options));
    expect(count).toBe(recorded(5_000, options).length);
    await close();
    await expect(fillWithHistory(dataDir, { ...options, events: 1 })).rejects.toThrow(StoreNotEmpty);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
