import { type FulfilmentEvent, type OrderEvent } from '../../domains/order/contract.js';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { type NotificationEvent } from '../../domains/notification/contract.js';
import { type PaymentEvent } from '../../domains/payment/contract.js';
import { type ShipmentEvent } from '../../domains/shipping/contract.js';
import { type Recorded } from '../../kernel/envelope.js';
import { moneyText } from '../../kernel/money.js';
import { type TimelineEntry } from './order-status.js';

export type OrderStatusEvent =
  OrderEvent | FulfilmentEvent | PaymentEvent | InventoryEvent | ShipmentEvent | NotificationEvent;

export const withEntry = (
  timeline: readonly TimelineEntry[],
  event: Recorded<OrderStatusEvent>,
): readonly TimelineEntry[] => {
  const { causationId, occurredAt, actor } = event.metadata;
  const cause = timeline.find(({ eventId }) => eventId === causationId);
  return [
    ...timeline,
    {
      eventId: event.id,
      type: event.type,
      stream: event.stream,
      revision: event.revision,
      at: occurredAt,
      causationId,
      causedBy: cause === undefined ? null : { eventId: cause.eventId, type: cause.type },
      actor,
      summary: summaryOf(event),
    },
  ];
};

const summaryOf = ({ type, data }: OrderStatusEvent): string => {
  switch (type) {
    case 'OrderPlaced':
      return `Order of ${listed(data.lines)} placed for ${moneyText(data.total)}`;
    case 'OrderConfirmed':
      return 'Order confirmed';
    case 'OrderRejected':
      return `Order rejected: ${data.reason.detail}`;
    case 'OrderCancellationRequested':
      return `Cancellation requested: ${data.reason.detail}`;
    case 'OrderCancellationRefused':
      return `Cancellation refused: ${data.reason.detail}`;
    case 'OrderCancelled':
      return `Order cancelled: ${data.reason.detail}`;
    case 'OrderShipped':
      return `${listed(data.lines)} shipped${data.complete ? '' : ', the rest follows'}`;
    case 'OrderDelivered':
      return 'Order delivered';
    case 'OrderReturned':
      return data.reason === null ? 'Order returned' : `Order returned: ${data.reason}`;
    case 'ReservationRequested':
      return `Reservation of ${listed(data.lines)} requested`;
    case 'LineReserved':
      return `Reservation of ${data.sku} noted`;
    case 'LineRefused':
      return `Refusal of ${data.sku} noted`;
    case 'AuthorisationRequested':
      return `Authorisation of ${moneyText(data.amount)} requested`;
    case 'ConfirmationRequested':
      return 'Confirmation requested';
    case 'ShippingStopAwaited':
      return 'Waiting for shipping to stop';
    case 'StockCommitRequested':
      return `Removal of ${listed(data.lines)} from stock requested`;
    case 'CaptureRequested':
      return `Capture of ${moneyText(data.amount)} requested`;
    case 'ShipmentRecordRequested':
      return `Shipment of ${listed(data.lines)} noted`;
    case 'DeliveryRecordRequested':
      return 'Delivery noted';
    case 'FulfilmentAbandoned':
      return `Fulfilment given up: ${data.reason.detail}`;
    case 'ReleaseRequested':
      return `Release of ${data.sku} requested`;
    case 'LineReleased':
      return `Release of ${data.sku} noted`;
    case 'PaymentReturnRequested':
      return 'Return of the payment requested';
    case 'PaymentReturned':
      return 'Return of the payment noted';
    case 'FulfilmentUndone':
      return `All that was taken is given back; the order is to be ${data.outcome}`;
    case 'PaymentRequested':
      return `Payment of ${moneyText(data.amount)} requested`;
    case 'PaymentAuthorised':
      return `Payment of ${moneyText(data.amount)} authorised`;
    case 'PaymentDeclined':
      return `Payment declined: ${data.detail}`;
    case 'PaymentCaptured':
      return `${moneyText(data.amount)} captured`;
    case 'PaymentVoided':
      return 'Payment voided';
    case 'PaymentRefunded':
      return `${moneyText(data.amount)} refunded`;
    case 'StockReserved':
      return `${units(data)} reserved`;
    case 'StockReservationRefused':
      return `${units(data)} refused: ${data.available} available`;
    case 'StockReleased':
      return `${units(data)} released`;
    case 'StockReservationExpired':
      return `Reservation of ${units(data)} expired`;
    case 'StockCommitted':
      return `${units(data)} left the warehouse`;
    case 'StockReceived':
      return `${units(data)} received`;
    case 'StockAdjusted':
      return `Stock of ${data.sku} adjusted by ${data.delta}`;
    case 'ShippingPlanned':
      return `Shipping of ${listed(data.lines)} planned`;
    case 'ShipmentCreated':
      return `Shipment ${data.shipmentId} of ${listed(data.lines)} created`;
    case 'ShipmentSplit':
      return `${listed(data.lines)} moved from shipment ${data.shipmentId} to ${data.newShipmentId}`;
    case 'ShipmentDispatched':
      return `Shipment ${data.shipmentId} of ${listed(data.lines)} dispatched as ${data.trackingNumber}`;
    case 'ShipmentDelivered':
      return `Shipment ${data.shipmentId} delivered`;
    case 'ShipmentFailed':
      return data.dispatched
        ? `Shipment ${data.shipmentId} lost with ${listed(data.lines)}: ${data.reason}`
        : `Shipment ${data.shipmentId} failed before its dispatch: ${data.reason}`;
    case 'ShippingStopped':
      return 'Shipping stopped';
    case 'NotificationSent':
      return `Mail ${data.template} sent`;
    case 'NotificationFailed':
      return `Mail ${data.template} failed: ${data.detail}`;
  }
};

interface Units {
  readonly sku: string;
  readonly quantity: number;
}

const units = ({ sku, quantity }: Units): string => `${quantity} × ${sku}`;

const listed = (lines: readonly Units[]): string => lines.map(units).join(', ');
