import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { money } from '../../kernel/money.js';
import { type ReadOptions } from '../../ports/event-store.js';
import { refold } from '../refold.js';
import { type Fact, history, instant, on } from '../testing/history.js';
import { type Moment, orderAsOf } from './order-history.js';
import { orderStatusProjection } from './order-status.projection.js';
import { type OrderDocument } from './order-status.js';

const eur = (amountMinor: number) => money(amountMinor, 'EUR');
const reason = { code: 'CHANGED_MIND', detail: 'Changed my mind' };

const placed = (orderId: string): Fact =>
  on(`order-${orderId}`, {
    type: 'OrderPlaced',
    data: {
      orderId,
      customerId: 'ann',
      cartId: null,
      lines: [{ sku: 'tea', name: 'Tea', quantity: 2, unitPrice: eur(300), lineTotal: eur(600) }],
      total: eur(600),
      paymentId: `pay-${orderId}`,
      paymentMethod: 'card',
      placedAt: instant(0),
      contact: null,
      shippingAddress: null,
    },
  });
const order = (type: string, data: object = {}) => on('order-o', { type, data: { orderId: 'o', ...data } });
const payment = (type: string, amount: number, orderId = 'o') =>
  on(`payment-pay-${orderId}`, { type, data: { paymentId: `pay-${orderId}`, orderId, amount: eur(amount) } });
const stock = (type: string, orderId = 'o') =>
  on('inventory-tea', {
    type,
    data: { sku: 'tea', reservationId: orderId, orderId, quantity: 2, expiresAt: instant(900) },
  });
const received = on('inventory-tea', {
  type: 'StockReceived',
  data: { sku: 'tea', quantity: 9, reference: null },
});

/** What happens to others, in the same streams as its own where it can be. */
const foreign: readonly Fact[] = [
  stock('StockReserved', 'other'),
  payment('PaymentAuthorised', 600, 'other'),
  received,
];

const facts: readonly Fact[] = [
  order('OrderConfirmed'),
  order('OrderCancellationRequested', { reason }),
  order('OrderCancelled', { reason }),
  payment('PaymentAuthorised', 600),
  payment('PaymentCaptured', 600),
  payment('PaymentRefunded', 200),
  stock('StockReserved'),
  stock('StockReleased'),
  ...foreign,
];

const documentOf = (events: readonly RecordedEvent[]): OrderDocument | undefined =>
  refold(orderStatusProjection, events).get('o');

/** A store of these events that notes what is read, as `stream from+limit`. */
const storeOf = (events: readonly RecordedEvent[]) => {
  const reads: string[] = [];
  const readStream = (stream: string, { from = 0, limit = Infinity }: ReadOptions = {}) => {
    reads.push(`${stream} ${from}+${limit}`);
    return Promise.resolve(
      events.filter((event) => event.stream === stream && event.revision >= from).slice(0, limit),
    );
  };
  return { reads, readStream };
};

/** With the times given, in seconds; the last one holds for the rest. */
const timed = (events: readonly RecordedEvent[], seconds: readonly number[]): readonly RecordedEvent[] =>
  events.map((event, index) => {
    const occurredAt = instant(seconds[index] ?? seconds.at(-1) ?? 0);
    return { ...event, metadata: { ...event.metadata, occurredAt } };
  });

const asOf = async (events: readonly RecordedEvent[], moment: Moment) => {
  const current = documentOf(events);
  if (current === undefined) throw new Error('The order was never placed.');
  const { reads, readStream } = storeOf(events);
  return { then: await orderAsOf({ readStream }, current, moment), reads };
};

describe('an order as of', () => {
  const course = fc.array(fc.constantFrom(...facts), { maxLength: 20 });

  it('a revision is the fold of all events before the next revision', async () => {
    const others = fc.array(fc.constantFrom(...foreign), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(others, course, async (before, after) => {
        const events = history(...before, placed('o'), placed('other'), ...after);
        for (const { revision } of events.filter(({ stream }) => stream === 'order-o')) {
          const next = events.findIndex((event) => event.stream === 'order-o' && event.revision > revision);
          const prefix = next < 0 ? events : events.slice(0, next);
          expect((await asOf(events, { revision })).then).toStrictEqual(documentOf(prefix));
        }
      }),
    );
  });

  it('a time is the fold of all events until then, those of that very time included', async () => {
    const pauses = fc.array(fc.nat(2), { minLength: 22, maxLength: 22 });
    await fc.assert(
      fc.asyncProperty(course, pauses, async (after, seconds) => {
        let now = 0;
        const events = timed(
          history(placed('o'), placed('other'), ...after),
          seconds.map((second, index) => (index === 0 ? 0 : (now += second))),
        );
        for (let second = 0; second <= now + 1; second += 1) {
          const prefix = events.filter(({ metadata }) => metadata.occurredAt <= instant(second));
          const { then } = await asOf(events, { instant: instant(second) });
          expect(then).toStrictEqual(documentOf(prefix));
        }
      }),
    );
  });

  it('a time in any zone and precision', async () => {
    const events = history(placed('o'), order('OrderConfirmed'), order('OrderCancelled', { reason }));
    expect(instant(1)).toBe('2023-11-14T22:13:21.000Z');
    for (const text of [
      '2023-11-14T22:13:21Z',
      '2023-11-15T00:13:21.999999+02:00',
      '2023-11-14T17:13:21-05:00',
    ]) {
      const { then } = await asOf(events, { instant: text });
      expect(then).toStrictEqual(documentOf(events.slice(0, 2)));
    }
  });

  it('a time counts no event before one that was committed before it, where clocks disagree', async () => {
    const events = timed(
      history(placed('o'), order('OrderConfirmed'), payment('PaymentCaptured', 600)),
      [0, 5, 3],
    );
    expect((await asOf(events, { instant: instant(4) })).then).toStrictEqual(documentOf(events.slice(0, 1)));
    expect((await asOf(events, { instant: instant(5) })).then).toStrictEqual(documentOf(events));
  });

  it('`placedAt` is the order as it was placed, though it was recorded a little later', async () => {
    const events = timed(history(placed('o'), order('OrderConfirmed')), [1, 2]);
    expect((await asOf(events, { instant: instant(0) })).then).toStrictEqual(documentOf(events.slice(0, 1)));
  });

  it('reads neighbouring events at once, and of a shared stream only what is its own', async () => {
    const others = [received, stock('StockReserved', 'other'), received];
    const events = history(
      ...others,
      placed('o'),
      stock('StockReserved'),
      ...others,
      payment('PaymentAuthorised', 600),
      order('OrderConfirmed'),
      payment('PaymentCaptured', 600),
      order('OrderCancellationRequested', { reason }),
      stock('StockReleased'),
      order('OrderCancelled', { reason }),
    );
    const { reads, then } = await asOf(events, { revision: 2 });
    expect(then).toStrictEqual(documentOf(events.slice(0, -1)));
    expect(reads).toStrictEqual([
      'order-o 0+3',
      'inventory-tea 3+1',
      'payment-pay-o 0+2',
      'inventory-tea 7+1',
    ]);
  });

  it('what never was is refused without a read', async () => {
    const events = history(placed('o'), order('OrderConfirmed'));
    expect(await asOf(events, { revision: 2 })).toStrictEqual({
      then: {
        rejected: true,
        code: 'ORDER_REVISION_NOT_FOUND',
        detail: 'Order o has the revisions 0 to 1: there is no 2.',
        path: 'at',
      },
      reads: [],
    });
    expect(await asOf(events, { instant: '2023-11-14T22:13:19.999Z' })).toStrictEqual({
      then: {
        rejected: true,
        code: 'ORDER_NOT_FOUND_THEN',
        detail: 'Order o was placed later, at 2023-11-14T22:13:20.000Z.',
        path: 'at',
      },
      reads: [],
    });
  });

  it('events that the store has lost are a fault', async () => {
    const current = documentOf(history(placed('o')));
    if (current === undefined) throw new Error('The order was never placed.');
    await expect(orderAsOf(storeOf([]), current, { revision: 0 })).rejects.toThrow(
      'The event store has lost the events of order o.',
    );
  });
});
