import { describe, expect, it } from '@jest/globals';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { type FulfilmentEvent, type OrderEvent } from '../../domains/order/contract.js';
import { type NotificationEvent } from '../../domains/notification/contract.js';
import { type PaymentEvent } from '../../domains/payment/contract.js';
import { type ShipmentEvent } from '../../domains/shipping/contract.js';
import { money } from '../../kernel/money.js';
import { refold } from '../refold.js';
import { type Fact, history, instant, on } from '../testing/history.js';
import { orderStatusProjection } from './order-status.projection.js';

const orderId = 'o';
const eur = (amountMinor: number) => money(amountMinor, 'EUR');
const line = (sku: string, quantity: number, price: number) => ({
  sku,
  name: sku.toUpperCase(),
  quantity,
  unitPrice: eur(price),
  lineTotal: eur(quantity * price),
});
const lines = [line('tea', 2, 300), line('cup', 1, 550)];
const placedAt = instant(0);

const order = (event: OrderEvent, cause?: string) => on('order-o', event, cause);
const fulfilment = (event: FulfilmentEvent, cause?: string) => on('fulfilment-o', event, cause);
const payment = (event: PaymentEvent, cause?: string) => on('payment-p', event, cause);
const stock = (event: InventoryEvent, cause?: string) => on(`inventory-${event.data.sku}`, event, cause);

const shipment = (event: ShipmentEvent, cause?: string) => on('shipment-o', event, cause);
const notification = (event: NotificationEvent, cause?: string) => on('notification-n', event, cause);

const placed = order({
  type: 'OrderPlaced',
  data: {
    orderId,
    customerId: 'ann',
    cartId: null,
    lines,
    total: eur(1150),
    paymentId: 'p',
    paymentMethod: 'card',
    placedAt,
    contact: null,
    shippingAddress: null,
  },
});
const tea = { sku: 'tea', reservationId: orderId, orderId, quantity: 2 };
const cup = { sku: 'cup', reservationId: orderId, orderId, quantity: 1 };
const reserved = (units: typeof tea, cause?: string) =>
  stock({ type: 'StockReserved', data: { ...units, expiresAt: instant(900) } }, cause);
const ids = { paymentId: 'p', orderId };
const requested = payment({
  type: 'PaymentRequested',
  data: { ...ids, customerId: 'ann', amount: eur(1150), method: 'card' },
});
const authorised = payment({
  type: 'PaymentAuthorised',
  data: { ...ids, amount: eur(1150), authorisationId: 'a' },
});
const captured = payment({ type: 'PaymentCaptured', data: { ...ids, amount: eur(1000) } });
const refunded = (refundId: string, amount: number) =>
  payment({ type: 'PaymentRefunded', data: { ...ids, refundId, amount: eur(amount), reason: null } });
const shipped = (complete: boolean) =>
  order({
    type: 'OrderShipped',
    data: { orderId, shipmentId: complete ? 's2' : 's1', lines: [{ sku: 'tea', quantity: 1 }], complete },
  });
const reason = { code: 'CHANGED_MIND', detail: 'Changed my mind' };

const after = (...facts: readonly Fact[]) =>
  refold(orderStatusProjection, history(...facts)).get(orderId)?.order;

/** The axes after each fact, as `lifecycle payment fulfilment`. */
const course = (...facts: readonly Fact[]) =>
  facts.map((_, index) => {
    const status = after(...facts.slice(0, index + 1))?.status;
    return status && `${status.lifecycle} ${status.payment} ${status.fulfilment}`;
  });

describe('order status', () => {
  it('tells the whole of an order, with the cause of every step', () => {
    const facts = [
      placed,
      fulfilment(
        {
          type: 'ReservationRequested',
          data: {
            orderId,
            customerId: 'ann',
            lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
            total: eur(1150),
            paymentId: 'p',
            paymentMethod: 'card',
            expiresAt: instant(900),
          },
        },
        'e0',
      ),
      reserved(tea, 'e1'),
    ];
    const entry = (number: number, type: string, stream: string, summary: string, cause?: string) => ({
      eventId: `e${number}`,
      type,
      stream,
      revision: 0,
      at: instant(number),
      causationId: cause === undefined ? 'request' : `e${number - 1}`,
      causedBy: cause === undefined ? null : { eventId: `e${number - 1}`, type: cause },
      actor: 'tester',
      summary,
    });
    expect(after(...facts)).toStrictEqual({
      orderId,
      customerId: 'ann',
      lines,
      total: eur(1150),
      status: { lifecycle: 'placed', payment: 'none', fulfilment: 'none' },
      reason: null,
      paymentId: 'p',
      placedAt,
      revision: 0,
      timeline: [
        entry(0, 'OrderPlaced', 'order-o', 'Order of 2 × tea, 1 × cup placed for 11.50 EUR'),
        entry(
          1,
          'ReservationRequested',
          'fulfilment-o',
          'Reservation of 2 × tea, 1 × cup requested',
          'OrderPlaced',
        ),
        entry(2, 'StockReserved', 'inventory-tea', '2 × tea reserved', 'ReservationRequested'),
      ],
    });
  });

  it('goes from placed to returned', () => {
    const facts = [
      placed,
      reserved(tea),
      reserved(cup),
      requested,
      authorised,
      order({ type: 'OrderConfirmed', data: { orderId } }),
      shipped(false),
      captured,
      stock({ type: 'StockCommitted', data: { ...tea, shipmentId: null } }),
      shipped(true),
      order({ type: 'OrderDelivered', data: { orderId } }),
      order({ type: 'OrderReturned', data: { orderId, reason: 'Too big' } }),
      refunded('r1', 400),
      refunded('r2', 600),
    ];
    expect(course(...facts)).toStrictEqual([
      'placed none none',
      'placed none none',
      'placed none reserved',
      'placed requested reserved',
      'placed authorised reserved',
      'confirmed authorised reserved',
      'confirmed authorised partially_shipped',
      'confirmed captured partially_shipped',
      'confirmed captured partially_shipped',
      'confirmed captured shipped',
      'completed captured delivered',
      'returned captured delivered',
      'returned partially_refunded delivered',
      'returned refunded delivered',
    ]);
    expect(after(...facts)).toMatchObject({ revision: 5, reason: { code: 'RETURNED', detail: 'Too big' } });
  });

  it('goes through its cancellation, stock and money back', () => {
    const facts = [
      placed,
      reserved(tea),
      reserved(cup),
      requested,
      authorised,
      order({ type: 'OrderCancellationRequested', data: { orderId, reason } }),
      stock({ type: 'StockReleased', data: tea }),
      payment({ type: 'PaymentVoided', data: { ...ids, amount: eur(1150) } }),
      stock({ type: 'StockReservationExpired', data: cup }),
      order({ type: 'OrderCancelled', data: { orderId, reason } }),
    ];
    expect(course(...facts).slice(5)).toStrictEqual([
      'cancelling authorised reserved',
      'cancelling authorised none',
      'cancelling voided none',
      'cancelling voided none',
      'cancelled voided none',
    ]);
    expect(after(...facts)).toMatchObject({ revision: 2, reason });
  });

  it('says why it was rejected', () => {
    const facts = [
      placed,
      requested,
      payment({ type: 'PaymentDeclined', data: { ...ids, code: 'no_funds', detail: 'No funds' } }),
      order({ type: 'OrderRejected', data: { orderId, reason } }),
    ];
    expect(course(...facts).at(-1)).toBe('rejected declined none');
    expect(after(...facts)?.reason).toStrictEqual(reason);
  });

  const first = { orderId, shipmentId: 'o.1' };
  const teaOnly = [{ sku: 'tea', quantity: 2 }];
  const confirmed = order({ type: 'OrderConfirmed', data: { orderId } });

  it('tells of shipments and mail, with their causes', () => {
    const mail = {
      notificationId: 'n',
      orderId,
      customerId: 'ann',
      template: 'order-shipped',
      aboutEventId: 'e5',
      attempt: 1,
    } as const;
    const all = lines.map(({ sku, quantity }) => ({ sku, quantity }));
    const steps: readonly [Fact, string, string | null][] = [
      [
        shipment(
          {
            type: 'ShippingPlanned',
            data: { orderId, customerId: 'ann', lines: all, shippingAddress: null },
          },
          'e1',
        ),
        'Shipping of 2 × tea, 1 × cup planned',
        'OrderConfirmed',
      ],
      [
        shipment({ type: 'ShipmentCreated', data: { ...first, lines: all } }, 'e1'),
        'Shipment o.1 of 2 × tea, 1 × cup created',
        'OrderConfirmed',
      ],
      [
        shipment({
          type: 'ShipmentSplit',
          data: { ...first, newShipmentId: 'o.2', lines: [{ sku: 'cup', quantity: 1 }] },
        }),
        '1 × cup moved from shipment o.1 to o.2',
        null,
      ],
      [
        shipment(
          {
            type: 'ShipmentDispatched',
            data: { ...first, lines: teaOnly, trackingNumber: 'T1', complete: false },
          },
          'e3',
        ),
        'Shipment o.1 of 2 × tea dispatched as T1',
        'ShipmentCreated',
      ],
      [
        notification({ type: 'NotificationSent', data: mail }, 'e5'),
        'Mail order-shipped sent',
        'ShipmentDispatched',
      ],
      [
        notification(
          {
            type: 'NotificationFailed',
            data: { ...mail, attempt: 2, code: 'REFUSED', detail: 'No such box' },
          },
          'e5',
        ),
        'Mail order-shipped failed: No such box',
        'ShipmentDispatched',
      ],
      [
        shipment({ type: 'ShipmentDelivered', data: { ...first, complete: false } }),
        'Shipment o.1 delivered',
        null,
      ],
      [
        shipment({
          type: 'ShipmentFailed',
          data: { orderId, shipmentId: 'o.2', lines: [], dispatched: false, reason: 'Dropped' },
        }),
        'Shipment o.2 failed before its dispatch: Dropped',
        null,
      ],
      [
        shipment({
          type: 'ShipmentFailed',
          data: { ...first, lines: teaOnly, dispatched: true, reason: 'Sunk' },
        }),
        'Shipment o.1 lost with 2 × tea: Sunk',
        null,
      ],
      [shipment({ type: 'ShippingStopped', data: { orderId } }), 'Shipping stopped', null],
    ];
    const timeline = after(placed, confirmed, ...steps.map(([fact]) => fact))?.timeline.slice(2);
    expect(timeline?.map(({ summary, causedBy }) => [summary, causedBy?.type ?? null])).toStrictEqual(
      steps.map(([, summary, cause]) => [summary, cause]),
    );
    expect(after(placed, confirmed, ...steps.map(([fact]) => fact))?.revision).toBe(1);
  });

  it('goes on when it left the building before its cancellation', () => {
    const refusal = { code: 'ALREADY_DISPATCHED', detail: 'Shipment o.1 had left.' };
    const facts = [
      placed,
      confirmed,
      order({ type: 'OrderCancellationRequested', data: { orderId, reason } }),
      order({ type: 'OrderCancellationRefused', data: { orderId, reason: refusal } }),
      shipped(true),
    ];
    expect(course(...facts).slice(1)).toStrictEqual([
      'confirmed none none',
      'cancelling none none',
      'confirmed none none',
      'confirmed none shipped',
    ]);
    expect(after(...facts)?.reason).toStrictEqual(refusal);
  });

  it('has failed in its delivery when a shipment is lost, whatever is shipped besides', () => {
    const fails = (dispatched: boolean) =>
      shipment({ type: 'ShipmentFailed', data: { ...first, lines: teaOnly, dispatched, reason: 'Sunk' } });
    expect(course(placed, confirmed, fails(false), shipped(false), fails(true), shipped(true))).toStrictEqual(
      [
        'placed none none',
        'confirmed none none',
        'confirmed none none',
        'confirmed none partially_shipped',
        'confirmed none delivery_failed',
        'confirmed none delivery_failed',
      ],
    );
  });

  it('leaves out what names the order and is not its own', () => {
    const foreign = [
      stock({ type: 'StockReserved', data: { ...tea, reservationId: 'other', expiresAt: instant(900) } }),
      on('payment-q', {
        type: 'PaymentRequested',
        data: { paymentId: 'q', orderId, customerId: 'bob', amount: eur(1), method: 'card' },
      }),
    ];
    expect(after(placed, ...foreign)).toStrictEqual(after(placed));
    expect(after(...foreign)).toBeUndefined();
  });

  it('writes amounts with the decimals of their currency', () => {
    const refund = (amountMinor: number, currency: string) =>
      after(
        placed,
        payment({
          type: 'PaymentRefunded',
          data: { ...ids, refundId: 'r', amount: money(amountMinor, currency), reason: null },
        }),
      )?.timeline.at(-1)?.summary;
    expect([refund(5, 'EUR'), refund(500, 'JPY'), refund(1234, 'BHD')]).toStrictEqual([
      '0.05 EUR refunded',
      '500 JPY refunded',
      '1.234 BHD refunded',
    ]);
  });
});
