import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type OrderEvent } from '../../domains/order/contract.js';
import { type PaymentEvent } from '../../domains/payment/contract.js';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { money } from '../../kernel/money.js';
import { refold } from '../refold.js';
import { history, instant, on } from '../testing/history.js';
import { salesProjection } from './sales.projection.js';

type Happening = readonly [occurredAt: string, stream: string, event: OrderEvent | PaymentEvent];

const placed = (at: string, amountMinor: number, currency = 'EUR'): Happening => [
  at,
  'order-o',
  {
    type: 'OrderPlaced',
    data: {
      orderId: 'o',
      customerId: 'ann',
      cartId: null,
      lines: [],
      total: money(amountMinor, currency),
      paymentId: 'p',
      paymentMethod: 'card',
      placedAt: instant(0),
      contact: null,
      shippingAddress: null,
    },
  },
];
const ids = { paymentId: 'p', orderId: 'o' };
const captured = (at: string, amountMinor: number, currency = 'EUR'): Happening => [
  at,
  'payment-p',
  { type: 'PaymentCaptured', data: { ...ids, amount: money(amountMinor, currency) } },
];
const refunded = (at: string, amountMinor: number, currency = 'EUR'): Happening => [
  at,
  'payment-p',
  {
    type: 'PaymentRefunded',
    data: { ...ids, refundId: 'r', amount: money(amountMinor, currency), reason: null },
  },
];

const recorded = (happenings: readonly Happening[]): readonly RecordedEvent[] =>
  history(...happenings.map(([, stream, event]) => on(stream, event))).map((event, index) => ({
    ...event,
    metadata: { ...event.metadata, occurredAt: happenings[index]?.[0] ?? '' },
  }));

const documents = (...happenings: readonly Happening[]) =>
  Object.fromEntries(refold(salesProjection, recorded(happenings)));

const sales = (day: string, currency: string, orders: number, revenue: number, refunds: number) => ({
  day,
  currency,
  orders,
  revenue: money(revenue, currency),
  refunds: money(refunds, currency),
});

describe('sales', () => {
  it('count each event on its own day in UTC', () => {
    expect(
      documents(
        placed('2026-11-22T23:59:59.999Z', 900),
        placed('2026-11-23T00:00:00.000Z', 500),
        captured('2026-11-23T08:00:00.000Z', 900),
        captured('2026-11-23T09:00:00.000Z', 500),
        refunded('2026-11-23T10:00:00.000Z', 100),
        refunded('2026-12-01T10:00:00.000Z', 800),
      ),
    ).toStrictEqual({
      '2026-11-22:EUR': sales('2026-11-22', 'EUR', 1, 0, 0),
      '2026-11-23:EUR': sales('2026-11-23', 'EUR', 1, 1400, 100),
      '2026-12-01:EUR': sales('2026-12-01', 'EUR', 0, 0, 800),
    });
  });

  it('keep currencies apart, and count an order of nothing to pay', () => {
    const at = '2026-11-23T12:00:00.000Z';
    expect(documents(placed(at, 0), placed(at, 7000, 'JPY'), captured(at, 7000, 'JPY'))).toStrictEqual({
      '2026-11-23:EUR': sales('2026-11-23', 'EUR', 1, 0, 0),
      '2026-11-23:JPY': sales('2026-11-23', 'JPY', 1, 7000, 0),
    });
  });

  it('are not changed by anything else that becomes of an order and its payment', () => {
    const at = '2026-11-23T12:00:00.000Z';
    const reason = { code: 'OUT_OF_STOCK', detail: 'None left' };
    const amount = money(900, 'EUR');
    const others: readonly (OrderEvent | PaymentEvent)[] = [
      { type: 'OrderConfirmed', data: { orderId: 'o' } },
      { type: 'OrderRejected', data: { orderId: 'o', reason } },
      { type: 'OrderCancellationRequested', data: { orderId: 'o', reason } },
      { type: 'OrderCancellationRefused', data: { orderId: 'o', reason } },
      { type: 'OrderCancelled', data: { orderId: 'o', reason } },
      { type: 'OrderShipped', data: { orderId: 'o', shipmentId: 's', lines: [], complete: true } },
      { type: 'OrderDelivered', data: { orderId: 'o' } },
      { type: 'OrderReturned', data: { orderId: 'o', reason: null } },
      { type: 'PaymentRequested', data: { ...ids, customerId: 'ann', amount, method: 'card' } },
      { type: 'PaymentAuthorised', data: { ...ids, amount, authorisationId: 'a' } },
      { type: 'PaymentDeclined', data: { ...ids, code: 'no_funds', detail: 'No funds' } },
      { type: 'PaymentVoided', data: { ...ids, amount } },
    ];
    const happenings = others.map((event): Happening => {
      const stream = event.type.startsWith('Order') ? 'order-o' : 'payment-p';
      return [at, stream, event];
    });
    expect(documents(placed(at, 900), ...happenings)).toStrictEqual(documents(placed(at, 900)));
    expect(documents(...happenings)).toStrictEqual({});
  });

  it('conserve money: all days together have what all events have', () => {
    const happening = fc
      .record({
        kind: fc.constantFrom(placed, captured, refunded),
        minute: fc.nat(6 * 24 * 60),
        amountMinor: fc.nat(1_000_000_000_000),
        currency: fc.constantFrom('EUR', 'USD', 'JPY'),
      })
      .map((drawn) => ({ ...drawn, at: instant(drawn.minute * 60) }));
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const docs = Object.values(
          documents(
            ...happenings.map(({ kind, at, amountMinor, currency }) => kind(at, amountMinor, currency)),
          ),
        );
        for (const currency of ['EUR', 'USD', 'JPY']) {
          const events = happenings.filter((each) => each.currency === currency);
          const total = (kind: typeof placed) =>
            events.filter((each) => each.kind === kind).reduce((sum, each) => sum + each.amountMinor, 0);
          const days = docs.filter((doc) => doc.currency === currency);
          expect({
            orders: days.reduce((sum, { orders }) => sum + orders, 0),
            revenue: days.reduce((sum, { revenue }) => sum + revenue.amountMinor, 0),
            refunds: days.reduce((sum, { refunds }) => sum + refunds.amountMinor, 0),
          }).toStrictEqual({
            orders: events.filter(({ kind }) => kind === placed).length,
            revenue: total(captured),
            refunds: total(refunded),
          });
        }
      }),
    );
  });

  it('stop counting money at what can be counted, and go on with the rest', () => {
    const at = '2026-11-23T12:00:00.000Z';
    const most = Number.MAX_SAFE_INTEGER;
    expect(
      documents(captured(at, most - 1), captured(at, 5), captured(at, most), refunded(at, 5)),
    ).toStrictEqual({ '2026-11-23:EUR': sales('2026-11-23', 'EUR', 0, most, 5) });
  });
});
