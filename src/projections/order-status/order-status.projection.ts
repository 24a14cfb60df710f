import { inventoryCategory, inventoryEvents } from '../../domains/inventory/contract.js';
import {
  fulfilmentCategory,
  fulfilmentEvents,
  orderCategory,
  type OrderEvent,
  orderEvents,
} from '../../domains/order/contract.js';
import { notificationCategory, notificationEvents } from '../../domains/notification/contract.js';
import { paymentCategory, paymentEvents } from '../../domains/payment/contract.js';
import { shipmentCategory, shipmentEvents } from '../../domains/shipping/contract.js';
import { type Recorded } from '../../kernel/envelope.js';
import { paymentStatus, settled } from '../payments/payment-status.js';
import { type Projection } from '../projection.js';
import { type OrderDocument, type OrderStatus, placedOrder } from './order-status.js';
import { type OrderStatusEvent, withEntry } from './timeline.js';

type Axes = OrderStatus['status'];

const placed = (event: Extract<Recorded<OrderEvent>, { type: 'OrderPlaced' }>): OrderDocument => {
  const order = { ...placedOrder(event.data, event.revision), timeline: withEntry([], event) };
  const { contact, shippingAddress } = event.data;
  return {
    order,
    reservedSkus: [],
    settlement: { captured: 0, refunded: 0 },
    personal: { contact, shippingAddress },
  };
};

/** Stock may be reserved, and money be taken, that names an order but is not the order's own. */
const isOwn = ({ orderId, paymentId }: OrderStatus, event: Recorded<OrderStatusEvent>): boolean => {
  if ('reservationId' in event.data) return event.data.reservationId === orderId;
  if (event.stream.startsWith(`${paymentCategory}-`)) {
    return 'paymentId' in event.data && event.data.paymentId === paymentId;
  }
  return true;
};

const withAxes = (doc: OrderDocument, axes: Partial<Axes>, reason = doc.order.reason): OrderDocument => ({
  ...doc,
  order: { ...doc.order, status: { ...doc.order.status, ...axes }, reason },
});

/** Reserved is an order all of whose lines are; one that ships stays where its shipments brought it. */
const withReserved = (doc: OrderDocument, reservedSkus: readonly string[]): OrderDocument => {
  const { lines, status } = doc.order;
  const next = { ...doc, reservedSkus };
  if (status.fulfilment !== 'none' && status.fulfilment !== 'reserved') return next;
  const whole = lines.every(({ sku }) => reservedSkus.includes(sku));
  return withAxes(next, { fulfilment: whole ? 'reserved' : 'none' });
};

/** An order that has lost a shipment stays so: it cannot be delivered in full any more. */
const withShipped = (doc: OrderDocument, fulfilment: Axes['fulfilment']): OrderDocument =>
  doc.order.status.fulfilment === 'delivery_failed' ? doc : withAxes(doc, { fulfilment });

const moved = (doc: OrderDocument, event: Recorded<OrderStatusEvent>): OrderDocument => {
  const { type, data } = event;
  switch (type) {
    case 'OrderConfirmed':
      return withAxes(doc, { lifecycle: 'confirmed' });
    case 'OrderRejected':
      return withAxes(doc, { lifecycle: 'rejected' }, data.reason);
    case 'OrderCancellationRequested':
      return withAxes(doc, { lifecycle: 'cancelling' }, data.reason);
    case 'OrderCancellationRefused':
      return withAxes(doc, { lifecycle: 'confirmed' }, data.reason);
    case 'OrderCancelled':
      return withAxes(doc, { lifecycle: 'cancelled' }, data.reason);
    case 'OrderShipped':
      return withShipped(doc, data.complete ? 'shipped' : 'partially_shipped');
    case 'ShipmentFailed':
      return data.dispatched ? withAxes(doc, { fulfilment: 'delivery_failed' }) : doc;
    case 'OrderDelivered':
      return withAxes(doc, { lifecycle: 'completed', fulfilment: 'delivered' });
    case 'OrderReturned': {
      const reason = data.reason === null ? null : { code: 'RETURNED', detail: data.reason };
      return withAxes(doc, { lifecycle: 'returned' }, reason);
    }
    case 'StockReserved':
      return withReserved(doc, [...doc.reservedSkus, data.sku]);
    case 'StockReleased':
    case 'StockReservationExpired':
      return withReserved(
        doc,
        doc.reservedSkus.filter((sku) => sku !== data.sku),
      );
    case 'PaymentRequested':
    case 'PaymentAuthorised':
    case 'PaymentDeclined':
    case 'PaymentCaptured':
    case 'PaymentVoided':
    case 'PaymentRefunded': {
      const settlement = settled(doc.settlement, event);
      return withAxes({ ...doc, settlement }, { payment: paymentStatus(type, settlement) });
    }
    // The timeline tells of these; the status does not depend on them.
    case 'OrderPlaced':
    case 'ReservationRequested':
    case 'LineReserved':
    case 'LineRefused':
    case 'AuthorisationRequested':
    case 'ConfirmationRequested':
    case 'FulfilmentAbandoned':
    case 'ReleaseRequested':
    case 'LineReleased':
    case 'PaymentReturnRequested':
    case 'PaymentReturned':
    case 'FulfilmentUndone':
    case 'ShippingStopAwaited':
    case 'StockCommitRequested':
    case 'CaptureRequested':
    case 'ShipmentRecordRequested':
    case 'DeliveryRecordRequested':
    case 'StockReservationRefused':
    case 'StockCommitted':
    case 'StockReceived':
    case 'StockAdjusted':
    case 'ShippingPlanned':
    case 'ShipmentCreated':
    case 'ShipmentSplit':
    case 'ShipmentDispatched':
    case 'ShipmentDelivered':
    case 'ShippingStopped':
    case 'NotificationSent':
    case 'NotificationFailed':
      return doc;
  }
};

export const orderStatusProjection: Projection<OrderStatusEvent, OrderDocument> = {
  name: 'order_status',
  version: 2,
  reads: {
    [orderCategory]: orderEvents,
    [fulfilmentCategory]: fulfilmentEvents,
    [paymentCategory]: paymentEvents,
    [inventoryCategory]: inventoryEvents,
    [shipmentCategory]: shipmentEvents,
    [notificationCategory]: notificationEvents,
  },
  indexes: [['order.customerId', 'order.placedAt'], ['order.placedAt']],
  key: ({ data }) => ('orderId' in data ? data.orderId : undefined),
  evolve: (doc, event) => {
    if (event.type === 'OrderPlaced') return placed(event);
    if (doc === undefined || !isOwn(doc.order, event)) return doc;
    const next = moved(doc, event);
    const timeline = withEntry(next.order.timeline, event);
    const revision = event.stream.startsWith(`${orderCategory}-`) ? event.revision : next.order.revision;
    return { ...next, order: { ...next.order, revision, timeline } };
  },
};
