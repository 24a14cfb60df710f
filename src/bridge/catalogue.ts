import { cartCategory, type CartEvent, cartEvents } from '../domains/cart/contract.js';
import { productCategory, type ProductEvent, productEvents } from '../domains/catalog/contract.js';
import { inventoryCategory, type InventoryEvent, inventoryEvents } from '../domains/inventory/contract.js';
import {
  notificationCategory,
  type NotificationEvent,
  notificationEvents,
  type Template,
} from '../domains/notification/contract.js';
import {
  fulfilmentCategory,
  type FulfilmentEvent,
  fulfilmentEvents,
  orderCategory,
  type OrderEvent,
  orderEvents,
  type Outcome,
  type Reason,
} from '../domains/order/contract.js';
import { paymentCategory, type PaymentEvent, paymentEvents } from '../domains/payment/contract.js';
import { shipmentCategory, type ShipmentEvent, shipmentEvents } from '../domains/shipping/contract.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { categoryOf } from '../kernel/ids.js';
import { type FulfilmentOutcome, type NotificationTemplate, recordNames } from '../wire/events.generated.js';
import { type PublicRecord } from '../wire/public-record.js';
import { subjectOf, topicOf } from '../wire/subjects.js';
import { type Category, category, millis } from './mapping.js';

/** Of all events that the store may hold. */
export type StoredEvent =
  | ProductEvent
  | CartEvent
  | OrderEvent
  | FulfilmentEvent
  | PaymentEvent
  | InventoryEvent
  | ShipmentEvent
  | NotificationEvent;

const outcomes: Readonly<Record<Outcome, FulfilmentOutcome>> = {
  rejected: 'REJECTED',
  cancelled: 'CANCELLED',
};

const templates: Readonly<Record<Template, NotificationTemplate>> = {
  'order-placed': 'ORDER_PLACED',
  'order-confirmed': 'ORDER_CONFIRMED',
  'order-rejected': 'ORDER_REJECTED',
  'order-shipped': 'ORDER_SHIPPED',
  'order-delivered': 'ORDER_DELIVERED',
  'payment-declined': 'PAYMENT_DECLINED',
  'payment-refunded': 'PAYMENT_REFUNDED',
};

/** What a gateway says about a payment may name the payment method, so it stays inside. */
const withReason = ({ orderId, reason: { code, detail } }: { orderId: string; reason: Reason }) => ({
  orderId,
  reason: { code, detail: code === 'PAYMENT_DECLINED' ? 'The payment was declined.' : detail },
});

const withOutcome = (data: { orderId: string; outcome: Outcome; reason: Reason }) => ({
  ...withReason(data),
  outcome: outcomes[data.outcome],
});

/**
 * How each stored fact becomes public. Fields are named one by one where some stay inside: payment methods, the
 * gateway's authorisation ids, what gateways and mail servers say in their own words, and the personal data of a cart,
 * which the order that it becomes has as well.
 */
export const categories: ReadonlyMap<string, Category> = new Map([
  [
    productCategory,
    category<ProductEvent, 'catalog'>(productEvents, {
      ProductAdded: 'same',
      ProductPublished: 'same',
      ProductUnpublished: 'same',
      ProductPriceChanged: 'same',
      ProductDetailsChanged: 'same',
      ProductDiscontinued: 'same',
    }),
  ],
  [
    cartCategory,
    category<CartEvent, 'cart'>(cartEvents, {
      CartOpened: 'same',
      CartItemAdded: 'same',
      CartItemQuantityChanged: 'same',
      CartItemRemoved: 'same',
      CartCheckedOut: ({ cartId, customerId, orderId, lines, total }) => ({
        ...{ cartId, customerId, orderId, lines, total },
      }),
      CartAbandoned: 'same',
    }),
  ],
  [
    orderCategory,
    category<OrderEvent, 'order'>(orderEvents, {
      OrderPlaced: ({ orderId, customerId, cartId, lines, total, paymentId, ...rest }) => ({
        ...{ orderId, customerId, cartId, lines, total, paymentId },
        placedAt: millis(rest.placedAt),
        contact: rest.contact,
        shippingAddress: rest.shippingAddress,
      }),
      OrderConfirmed: 'same',
      OrderRejected: withReason,
      OrderCancellationRequested: withReason,
      OrderCancellationRefused: withReason,
      OrderCancelled: withReason,
      OrderShipped: 'same',
      OrderDelivered: 'same',
      OrderReturned: 'same',
    }),
  ],
  [
    fulfilmentCategory,
    category<FulfilmentEvent, 'order'>(fulfilmentEvents, {
      ReservationRequested: ({ orderId, customerId, lines, total, paymentId, expiresAt }) => ({
        ...{ orderId, customerId, lines, total, paymentId },
        expiresAt: millis(expiresAt),
      }),
      LineReserved: 'same',
      LineRefused: 'same',
      AuthorisationRequested: ({ orderId, paymentId, customerId, amount, timesOutAt }) => ({
        ...{ orderId, paymentId, customerId, amount },
        timesOutAt: millis(timesOutAt),
      }),
      ConfirmationRequested: 'same',
      ShippingStopAwaited: withReason,
      StockCommitRequested: 'same',
      CaptureRequested: 'same',
      ShipmentRecordRequested: 'same',
      DeliveryRecordRequested: 'same',
      FulfilmentAbandoned: withOutcome,
      ReleaseRequested: 'same',
      LineReleased: 'same',
      PaymentReturnRequested: 'same',
      PaymentReturned: 'same',
      FulfilmentUndone: withOutcome,
    }),
  ],
  [
    paymentCategory,
    category<PaymentEvent, 'payment'>(paymentEvents, {
      PaymentRequested: ({ paymentId, orderId, customerId, amount }) => ({
        ...{ paymentId, orderId, customerId, amount },
      }),
      PaymentAuthorised: ({ paymentId, orderId, amount }) => ({ paymentId, orderId, amount }),
      PaymentDeclined: ({ paymentId, orderId, code }) => ({ paymentId, orderId, code }),
      PaymentCaptured: 'same',
      PaymentVoided: 'same',
      PaymentRefunded: 'same',
    }),
  ],
  [
    inventoryCategory,
    category<InventoryEvent, 'inventory'>(inventoryEvents, {
      StockReceived: 'same',
      StockAdjusted: 'same',
      StockReserved: ({ sku, reservationId, orderId, quantity, expiresAt }) => ({
        ...{ sku, reservationId, orderId, quantity },
        expiresAt: millis(expiresAt),
      }),
      StockReservationRefused: 'same',
      StockReleased: 'same',
      StockReservationExpired: 'same',
      StockCommitted: 'same',
    }),
  ],
  [
    shipmentCategory,
    category<ShipmentEvent, 'shipping'>(shipmentEvents, {
      ShippingPlanned: 'same',
      ShipmentCreated: 'same',
      ShipmentSplit: 'same',
      ShipmentDispatched: 'same',
      ShipmentDelivered: 'same',
      ShipmentFailed: 'same',
      ShippingStopped: 'same',
    }),
  ],
  [
    notificationCategory,
    category<NotificationEvent, 'notification'>(notificationEvents, {
      NotificationSent: (data) => ({ ...data, template: templates[data.template] }),
      NotificationFailed: ({ notificationId, orderId, customerId, template, ...rest }) => ({
        ...{ notificationId, orderId, customerId, template: templates[template] },
        ...{ aboutEventId: rest.aboutEventId, attempt: rest.attempt, code: rest.code },
      }),
    }),
  ],
]);

/** An event as it leaves: where to, and what of it. */
export type PublicEvent = PublicRecord & {
  readonly topic: string;
  readonly subject: string;
  /** Full name of the Avro record. */
  readonly recordName: string;
  /** The stream's name: the events of a stream stay in order. */
  readonly key: Buffer;
};

/** The event's stream is of a category that the catalogue does not have. */
export class UnmappedEvent extends Error {
  constructor(readonly event: Pick<RecordedEvent, 'type' | 'version' | 'stream' | 'revision'>) {
    super(
      `The bridge has no mapping for ${event.type} version ${event.version} ` +
        `(${event.stream} revision ${event.revision}): add its category to src/bridge/catalogue.ts.`,
    );
    this.name = 'UnmappedEvent';
  }
}

const routes = new Map(
  Object.entries(recordNames).map(([type, recordName]) => [
    type,
    { recordName, topic: topicOf(recordName), subject: subjectOf(recordName) },
  ]),
);

/**
 * @throws UnmappedEvent for a stream of unknown category.
 * @throws UnknownEvent for a type or version that its category does not have.
 */
export const toPublic = (event: RecordedEvent): PublicEvent => {
  const mapped = categories.get(categoryOf(event.stream))?.toPublic(event);
  const route = mapped && routes.get(mapped.type);
  if (!route) throw new UnmappedEvent(event);
  return { ...mapped, ...route, key: Buffer.from(event.stream) };
};

/** Every topic that the bridge publishes to. */
export const topics: readonly string[] = [...new Set([...routes.values()].map(({ topic }) => topic))];
