// Generated from schemas/avro by `npm run schemas -- types`. Not to be edited.

/** The cart will not be checked out. */
export interface CartAbandoned {
  /** The cart. */
  readonly cartId: string;
  /** Why, for people. */
  readonly reason: string;
}

/** An amount of money; never a fraction. */
export interface Money {
  /** The amount in minor units of the currency: 1999 EUR is 19.99 euros. */
  readonly amountMinor: number;
  /** ISO 4217 code, such as EUR. */
  readonly currency: string;
}

/** Units of one article, with the price that the customer saw. */
export interface CartLine {
  /** The article. */
  readonly sku: string;
  /** Its name when it was last priced. */
  readonly name: string;
  /** How many units, at least 1. */
  readonly quantity: number;
  /** What a unit cost when it was last priced. */
  readonly unitPrice: Money;
}

/** The customer orders what is in the cart, at these prices. The payment method stays inside the program; contact and shipping address are published, sealed, with the order (OrderPlaced). */
export interface CartCheckedOut {
  /** The cart. */
  readonly cartId: string;
  /** Who orders. */
  readonly customerId: string;
  /** The order that is placed because of this. */
  readonly orderId: string;
  /** What is ordered; one line an article. */
  readonly lines: readonly CartLine[];
  /** The sum over all lines. */
  readonly total: Money;
}

/** Units of an article were put into the cart. */
export interface CartItemAdded {
  /** The cart. */
  readonly cartId: string;
  /** The article. */
  readonly sku: string;
  /** Its name at that time. */
  readonly name: string;
  /** How many units were put in, at least 1. */
  readonly quantity: number;
  /** What a unit cost at that time. */
  readonly unitPrice: Money;
}

/** The cart holds another number of units of the article. */
export interface CartItemQuantityChanged {
  /** The cart. */
  readonly cartId: string;
  /** The article. */
  readonly sku: string;
  /** How many units there are now, at least 1. */
  readonly quantity: number;
}

/** The article is no longer in the cart. */
export interface CartItemRemoved {
  /** The cart. */
  readonly cartId: string;
  /** The article. */
  readonly sku: string;
}

/** A customer got a cart. */
export interface CartOpened {
  /** The cart. */
  readonly cartId: string;
  /** Whose cart it is. */
  readonly customerId: string;
}

/** A product came into the catalogue. It is not on sale until it is published. */
export interface ProductAdded {
  /** The article, which never changes its SKU. */
  readonly sku: string;
  /** What customers read. */
  readonly name: string;
  /** What customers read in more words; null when there is none. */
  readonly description: string | null;
  /** What a unit costs; null while it has no price. */
  readonly price: Money | null;
}

/** The product is described otherwise from now on. */
export interface ProductDetailsChanged {
  /** The article, which never changes its SKU. */
  readonly sku: string;
  /** What customers read now. */
  readonly name: string;
  /** What customers read now in more words; null when there is none. */
  readonly description: string | null;
}

/** The product is never sold again. */
export interface ProductDiscontinued {
  /** The article, which never changes its SKU. */
  readonly sku: string;
}

/** The product has another price from now on. Orders and carts keep the one they have. */
export interface ProductPriceChanged {
  /** The article, which never changes its SKU. */
  readonly sku: string;
  /** What a unit costs now. */
  readonly price: Money;
  /** What it cost before; null when it had no price. */
  readonly previous: Money | null;
}

/** The product is on sale. */
export interface ProductPublished {
  /** The article, which never changes its SKU. */
  readonly sku: string;
}

/** The product is no longer on sale; it may be published again. */
export interface ProductUnpublished {
  /** The article, which never changes its SKU. */
  readonly sku: string;
}

/** The count was corrected. */
export interface StockAdjusted {
  /** The article. */
  readonly sku: string;
  /** By how many units, up or down. */
  readonly delta: number;
  /** Why, for people. */
  readonly reason: string;
}

/** Reserved units have left the building, all of the reservation's or some. */
export interface StockCommitted {
  /** The article. */
  readonly sku: string;
  /** The reservation. */
  readonly reservationId: string;
  /** The order that it is for. */
  readonly orderId: string;
  /** How many units. */
  readonly quantity: number;
  /** The shipment that they left with; null when it is not known. */
  readonly shipmentId: string | null;
}

/** Units came in. */
export interface StockReceived {
  /** The article. */
  readonly sku: string;
  /** How many units, at least 1. */
  readonly quantity: number;
  /** The receiver's note, such as a delivery note's number; null when there is none. */
  readonly reference: string | null;
}

/** Reserved units are for sale again. */
export interface StockReleased {
  /** The article. */
  readonly sku: string;
  /** The reservation. */
  readonly reservationId: string;
  /** The order that it is for. */
  readonly orderId: string;
  /** How many units. */
  readonly quantity: number;
}

/** The reservation ran out; its units are for sale again. */
export interface StockReservationExpired {
  /** The article. */
  readonly sku: string;
  /** The reservation. */
  readonly reservationId: string;
  /** The order that it is for. */
  readonly orderId: string;
  /** How many units. */
  readonly quantity: number;
}

/** There are too few units. */
export interface StockReservationRefused {
  /** The article. */
  readonly sku: string;
  /** The reservation. */
  readonly reservationId: string;
  /** The order that it is for. */
  readonly orderId: string;
  /** How many units were asked for. */
  readonly quantity: number;
  /** How many units there were. */
  readonly available: number;
}

/** Units are set aside for an order. */
export interface StockReserved {
  /** The article. */
  readonly sku: string;
  /** The reservation. */
  readonly reservationId: string;
  /** The order that it is for. */
  readonly orderId: string;
  /** How many units, at least 1. */
  readonly quantity: number;
  /** When the reservation runs out if the order is not confirmed. Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a message tells the customer. UNKNOWN stands for what a reader does not know yet. */
export type NotificationTemplate = 'UNKNOWN' | 'ORDER_PLACED' | 'ORDER_CONFIRMED' | 'ORDER_REJECTED' | 'ORDER_SHIPPED' | 'ORDER_DELIVERED' | 'PAYMENT_DECLINED' | 'PAYMENT_REFUNDED';

/** A message to a customer was refused for good. The mail server's own words, which may hold private data, stay inside the program. */
export interface NotificationFailed {
  /** The message. */
  readonly notificationId: string;
  /** The order that it is about. */
  readonly orderId: string;
  /** Who is told. */
  readonly customerId: string;
  /** What the customer is told. */
  readonly template: NotificationTemplate;
  /** The event that the customer is told of. */
  readonly aboutEventId: string;
  /** 1 for the first; an operator may have it sent again. */
  readonly attempt: number;
  /** Why, for programs. */
  readonly code: string;
}

/** A message to a customer was handed over for sending. */
export interface NotificationSent {
  /** The message. */
  readonly notificationId: string;
  /** The order that it is about. */
  readonly orderId: string;
  /** Who is told. */
  readonly customerId: string;
  /** What the customer is told. */
  readonly template: NotificationTemplate;
  /** The event that the customer is told of. */
  readonly aboutEventId: string;
  /** 1 for the first; an operator may have it sent again. */
  readonly attempt: number;
}

/** Fulfilment asks payment to authorise the total. The payment method stays inside the program. */
export interface AuthorisationRequested {
  /** The order. */
  readonly orderId: string;
  /** The payment. */
  readonly paymentId: string;
  /** Who pays. */
  readonly customerId: string;
  /** How much. */
  readonly amount: Money;
  /** When an answer comes too late. Milliseconds since 1970. */
  readonly timesOutAt: number;
}

/** Fulfilment asks payment to take authorised money. */
export interface CaptureRequested {
  /** The order. */
  readonly orderId: string;
  /** The payment. */
  readonly paymentId: string;
  /** How much. */
  readonly amount: Money;
}

/** Fulfilment asks the order to confirm itself: every line is reserved and the money is authorised. */
export interface ConfirmationRequested {
  /** The order. */
  readonly orderId: string;
}

/** Fulfilment asks the order to record that all of it is delivered. */
export interface DeliveryRecordRequested {
  /** The order. */
  readonly orderId: string;
}

/** How an order ends that is not fulfilled. UNKNOWN stands for what a reader does not know yet. */
export type FulfilmentOutcome = 'UNKNOWN' | 'REJECTED' | 'CANCELLED';

/** Why something was decided. */
export interface Reason {
  /** Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others. */
  readonly code: string;
  /** For people. What a payment gateway says is left out. */
  readonly detail: string;
}

/** The order will not be fulfilled; from here on everything taken is given back. */
export interface FulfilmentAbandoned {
  /** The order. */
  readonly orderId: string;
  /** How the order will end. */
  readonly outcome: FulfilmentOutcome;
  /** Why. */
  readonly reason: Reason;
}

/** Nothing taken is left: fulfilment asks the order to reject or cancel itself. */
export interface FulfilmentUndone {
  /** The order. */
  readonly orderId: string;
  /** How the order is to end. */
  readonly outcome: FulfilmentOutcome;
  /** Why. */
  readonly reason: Reason;
}

/** Fulfilment noted that a line cannot be reserved. */
export interface LineRefused {
  /** The order. */
  readonly orderId: string;
  /** The line's article. */
  readonly sku: string;
  /** How many units there were. */
  readonly available: number;
}

/** Fulfilment noted that a line's units are back. */
export interface LineReleased {
  /** The order. */
  readonly orderId: string;
  /** The line's article. */
  readonly sku: string;
}

/** Fulfilment noted that a line is reserved. */
export interface LineReserved {
  /** The order. */
  readonly orderId: string;
  /** The line's article. */
  readonly sku: string;
}

/** The order had left the building before the cancellation could stop it. */
export interface OrderCancellationRefused {
  /** The order. */
  readonly orderId: string;
  /** Why it cannot be cancelled. */
  readonly reason: Reason;
}

/** The customer wants the order cancelled; what was taken for it is being given back. */
export interface OrderCancellationRequested {
  /** The order. */
  readonly orderId: string;
  /** Why, in the words of the customer. */
  readonly reason: Reason;
}

/** The order is cancelled; whatever was taken for it has been given back. */
export interface OrderCancelled {
  /** The order. */
  readonly orderId: string;
  /** Why. */
  readonly reason: Reason;
}

/** Every line is reserved and the money is authorised: the order will be fulfilled. */
export interface OrderConfirmed {
  /** The order. */
  readonly orderId: string;
}

/** All of the order has been delivered. */
export interface OrderDelivered {
  /** The order. */
  readonly orderId: string;
}

/** Units of one article, at the price of the order. */
export interface OrderLine {
  /** The article. */
  readonly sku: string;
  /** Its name when the order was placed. */
  readonly name: string;
  /** How many units, at least 1. */
  readonly quantity: number;
  /** What a unit costs in this order. */
  readonly unitPrice: Money;
  /** Quantity times unit price. */
  readonly lineTotal: Money;
}

/** A customer placed an order; nothing is promised yet. The payment method stays inside the program. */
export interface OrderPlaced {
  /** The order. */
  readonly orderId: string;
  /** Who ordered. */
  readonly customerId: string;
  /** The cart that was checked out; null when the order came without one. */
  readonly cartId: string | null;
  /** What is ordered; one line an article. */
  readonly lines: readonly OrderLine[];
  /** The sum over all lines. */
  readonly total: Money;
  /** The payment to be made; null when nothing is to be paid. */
  readonly paymentId: string | null;
  /** When the order was placed. Milliseconds since 1970. */
  readonly placedAt: number;
  /** Personal data: name and e-mail address, sealed (AES-256-GCM) under the customer's key. Opaque to whoever does not hold the key, and unreadable for everybody once it is deleted. null when none was given. */
  readonly contact: string | null;
  /** Personal data: where to ship to, sealed (AES-256-GCM) under the customer's key, like contact. null when none was given. */
  readonly shippingAddress: string | null;
}

/** The order will not be fulfilled; whatever was taken for it has been given back. */
export interface OrderRejected {
  /** The order. */
  readonly orderId: string;
  /** Why. */
  readonly reason: Reason;
}

/** The customer has sent the order back. */
export interface OrderReturned {
  /** The order. */
  readonly orderId: string;
  /** Why, for people; null when not said. */
  readonly reason: string | null;
}

/** Units of one article. */
export interface Line {
  /** The article. */
  readonly sku: string;
  /** How many units, at least 1. */
  readonly quantity: number;
}

/** Some or all of the order is on its way. */
export interface OrderShipped {
  /** The order. */
  readonly orderId: string;
  /** The shipment, <orderId>.<number>. */
  readonly shipmentId: string;
  /** What is in the shipment. */
  readonly lines: readonly Line[];
  /** Whether nothing of the order is left to ship. */
  readonly complete: boolean;
}

/** Fulfilment asks payment to void what is or will be authorised, or to refund what is captured. */
export interface PaymentReturnRequested {
  /** The order. */
  readonly orderId: string;
  /** The payment. */
  readonly paymentId: string;
}

/** Fulfilment noted that the money is back. */
export interface PaymentReturned {
  /** The order. */
  readonly orderId: string;
  /** The payment. */
  readonly paymentId: string;
}

/** Fulfilment asks inventory to give a line's units back. */
export interface ReleaseRequested {
  /** The order. */
  readonly orderId: string;
  /** The line's article. */
  readonly sku: string;
  /** Whether the reservation ran out. */
  readonly expired: boolean;
}

/** Fulfilment asks inventory to reserve every line under the order's id. The payment method stays inside the program. */
export interface ReservationRequested {
  /** The order. */
  readonly orderId: string;
  /** Who ordered. */
  readonly customerId: string;
  /** What is to be reserved; one line an article. */
  readonly lines: readonly Line[];
  /** What the order costs. */
  readonly total: Money;
  /** The payment to be made later; null when nothing is to be paid. */
  readonly paymentId: string | null;
  /** When the reservation runs out. Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Fulfilment asks the order to record that lines are shipped. */
export interface ShipmentRecordRequested {
  /** The order. */
  readonly orderId: string;
  /** The shipment. */
  readonly shipmentId: string;
  /** What is in it. */
  readonly lines: readonly Line[];
}

/** The order is to be cancelled: fulfilment waits for shipping to say whether anything has been dispatched. */
export interface ShippingStopAwaited {
  /** The order. */
  readonly orderId: string;
  /** Why it is to be cancelled. */
  readonly reason: Reason;
}

/** Fulfilment asks inventory to take shipped units off the shelf. */
export interface StockCommitRequested {
  /** The order. */
  readonly orderId: string;
  /** The shipment that they left with. */
  readonly shipmentId: string;
  /** What was shipped. */
  readonly lines: readonly Line[];
}

/** The money is set aside. The gateway's authorisation id stays inside the program. */
export interface PaymentAuthorised {
  /** The payment. */
  readonly paymentId: string;
  /** The order that is paid. */
  readonly orderId: string;
  /** How much. */
  readonly amount: Money;
}

/** Authorised money was taken. */
export interface PaymentCaptured {
  /** The payment. */
  readonly paymentId: string;
  /** The order that is paid. */
  readonly orderId: string;
  /** How much was taken this time. */
  readonly amount: Money;
}

/** The payment was refused. The gateway's own words, which may hold private data, stay inside the program. */
export interface PaymentDeclined {
  /** The payment. */
  readonly paymentId: string;
  /** The order that is paid. */
  readonly orderId: string;
  /** Why, for programs: INSUFFICIENT_FUNDS, EXPIRED_CARD and others. */
  readonly code: string;
}

/** Captured money was given back. */
export interface PaymentRefunded {
  /** The payment. */
  readonly paymentId: string;
  /** The order that is paid. */
  readonly orderId: string;
  /** Tells the refunds of one payment apart. */
  readonly refundId: string;
  /** How much was given back this time. */
  readonly amount: Money;
  /** Why, for people; null when not said. */
  readonly reason: string | null;
}

/** A payment is to be authorised. The payment method stays inside the program. */
export interface PaymentRequested {
  /** The payment. */
  readonly paymentId: string;
  /** The order that is paid. */
  readonly orderId: string;
  /** Who pays. */
  readonly customerId: string;
  /** How much. */
  readonly amount: Money;
}

/** Authorised money is no longer set aside. */
export interface PaymentVoided {
  /** The payment. */
  readonly paymentId: string;
  /** The order that is paid. */
  readonly orderId: string;
  /** How much. */
  readonly amount: Money;
}

/** Lines of the order travel together. */
export interface ShipmentCreated {
  /** The order. */
  readonly orderId: string;
  /** The shipment, <orderId>.<number>. */
  readonly shipmentId: string;
  /** What is in the shipment. */
  readonly lines: readonly Line[];
}

/** The shipment is with the customer. */
export interface ShipmentDelivered {
  /** The order. */
  readonly orderId: string;
  /** The shipment, <orderId>.<number>. */
  readonly shipmentId: string;
  /** Whether all that was ordered has been delivered. */
  readonly complete: boolean;
}

/** The shipment has left the building. */
export interface ShipmentDispatched {
  /** The order. */
  readonly orderId: string;
  /** The shipment, <orderId>.<number>. */
  readonly shipmentId: string;
  /** What is in it. */
  readonly lines: readonly Line[];
  /** The carrier's. */
  readonly trackingNumber: string;
  /** Whether nothing of the order is left to dispatch. */
  readonly complete: boolean;
}

/** The shipment does not arrive. Before it was dispatched its lines are to be shipped again; afterwards they are lost. */
export interface ShipmentFailed {
  /** The order. */
  readonly orderId: string;
  /** The shipment, <orderId>.<number>. */
  readonly shipmentId: string;
  /** What is in it. */
  readonly lines: readonly Line[];
  /** Whether it had left the building. */
  readonly dispatched: boolean;
  /** Why, for people. */
  readonly reason: string;
}

/** Some lines now travel in a shipment of their own. */
export interface ShipmentSplit {
  /** The order. */
  readonly orderId: string;
  /** The shipment that they were in. */
  readonly shipmentId: string;
  /** The shipment that they are in now. */
  readonly newShipmentId: string;
  /** What changed over. */
  readonly lines: readonly Line[];
}

/** There is something to ship: the order is confirmed. */
export interface ShippingPlanned {
  /** The order. */
  readonly orderId: string;
  /** Who ordered. */
  readonly customerId: string;
  /** What is to be shipped; one line an article. */
  readonly lines: readonly Line[];
  /** Personal data: where to ship to, sealed (AES-256-GCM) under the customer's key. Opaque to whoever does not hold the key, and unreadable for everybody once it is deleted. null when the order has none. */
  readonly shippingAddress: string | null;
}

/** Nothing was dispatched and nothing will be: the order is being cancelled. */
export interface ShippingStopped {
  /** The order. */
  readonly orderId: string;
}

/** The public records by event type, as they are decoded. */
export interface PublicEvents {
  readonly CartAbandoned: CartAbandoned;
  readonly CartCheckedOut: CartCheckedOut;
  readonly CartItemAdded: CartItemAdded;
  readonly CartItemQuantityChanged: CartItemQuantityChanged;
  readonly CartItemRemoved: CartItemRemoved;
  readonly CartOpened: CartOpened;
  readonly ProductAdded: ProductAdded;
  readonly ProductDetailsChanged: ProductDetailsChanged;
  readonly ProductDiscontinued: ProductDiscontinued;
  readonly ProductPriceChanged: ProductPriceChanged;
  readonly ProductPublished: ProductPublished;
  readonly ProductUnpublished: ProductUnpublished;
  readonly StockAdjusted: StockAdjusted;
  readonly StockCommitted: StockCommitted;
  readonly StockReceived: StockReceived;
  readonly StockReleased: StockReleased;
  readonly StockReservationExpired: StockReservationExpired;
  readonly StockReservationRefused: StockReservationRefused;
  readonly StockReserved: StockReserved;
  readonly NotificationFailed: NotificationFailed;
  readonly NotificationSent: NotificationSent;
  readonly AuthorisationRequested: AuthorisationRequested;
  readonly CaptureRequested: CaptureRequested;
  readonly ConfirmationRequested: ConfirmationRequested;
  readonly DeliveryRecordRequested: DeliveryRecordRequested;
  readonly FulfilmentAbandoned: FulfilmentAbandoned;
  readonly FulfilmentUndone: FulfilmentUndone;
  readonly LineRefused: LineRefused;
  readonly LineReleased: LineReleased;
  readonly LineReserved: LineReserved;
  readonly OrderCancellationRefused: OrderCancellationRefused;
  readonly OrderCancellationRequested: OrderCancellationRequested;
  readonly OrderCancelled: OrderCancelled;
  readonly OrderConfirmed: OrderConfirmed;
  readonly OrderDelivered: OrderDelivered;
  readonly OrderPlaced: OrderPlaced;
  readonly OrderRejected: OrderRejected;
  readonly OrderReturned: OrderReturned;
  readonly OrderShipped: OrderShipped;
  readonly PaymentReturnRequested: PaymentReturnRequested;
  readonly PaymentReturned: PaymentReturned;
  readonly ReleaseRequested: ReleaseRequested;
  readonly ReservationRequested: ReservationRequested;
  readonly ShipmentRecordRequested: ShipmentRecordRequested;
  readonly ShippingStopAwaited: ShippingStopAwaited;
  readonly StockCommitRequested: StockCommitRequested;
  readonly PaymentAuthorised: PaymentAuthorised;
  readonly PaymentCaptured: PaymentCaptured;
  readonly PaymentDeclined: PaymentDeclined;
  readonly PaymentRefunded: PaymentRefunded;
  readonly PaymentRequested: PaymentRequested;
  readonly PaymentVoided: PaymentVoided;
  readonly ShipmentCreated: ShipmentCreated;
  readonly ShipmentDelivered: ShipmentDelivered;
  readonly ShipmentDispatched: ShipmentDispatched;
  readonly ShipmentFailed: ShipmentFailed;
  readonly ShipmentSplit: ShipmentSplit;
  readonly ShippingPlanned: ShippingPlanned;
  readonly ShippingStopped: ShippingStopped;
}

/** The full name of each record. */
export const recordNames = {
  CartAbandoned: 'commerce.cart.CartAbandoned',
  CartCheckedOut: 'commerce.cart.CartCheckedOut',
  CartItemAdded: 'commerce.cart.CartItemAdded',
  CartItemQuantityChanged: 'commerce.cart.CartItemQuantityChanged',
  CartItemRemoved: 'commerce.cart.CartItemRemoved',
  CartOpened: 'commerce.cart.CartOpened',
  ProductAdded: 'commerce.catalog.ProductAdded',
  ProductDetailsChanged: 'commerce.catalog.ProductDetailsChanged',
  ProductDiscontinued: 'commerce.catalog.ProductDiscontinued',
  ProductPriceChanged: 'commerce.catalog.ProductPriceChanged',
  ProductPublished: 'commerce.catalog.ProductPublished',
  ProductUnpublished: 'commerce.catalog.ProductUnpublished',
  StockAdjusted: 'commerce.inventory.StockAdjusted',
  StockCommitted: 'commerce.inventory.StockCommitted',
  StockReceived: 'commerce.inventory.StockReceived',
  StockReleased: 'commerce.inventory.StockReleased',
  StockReservationExpired: 'commerce.inventory.StockReservationExpired',
  StockReservationRefused: 'commerce.inventory.StockReservationRefused',
  StockReserved: 'commerce.inventory.StockReserved',
  NotificationFailed: 'commerce.notification.NotificationFailed',
  NotificationSent: 'commerce.notification.NotificationSent',
  AuthorisationRequested: 'commerce.order.AuthorisationRequested',
  CaptureRequested: 'commerce.order.CaptureRequested',
  ConfirmationRequested: 'commerce.order.ConfirmationRequested',
  DeliveryRecordRequested: 'commerce.order.DeliveryRecordRequested',
  FulfilmentAbandoned: 'commerce.order.FulfilmentAbandoned',
  FulfilmentUndone: 'commerce.order.FulfilmentUndone',
  LineRefused: 'commerce.order.LineRefused',
  LineReleased: 'commerce.order.LineReleased',
  LineReserved: 'commerce.order.LineReserved',
  OrderCancellationRefused: 'commerce.order.OrderCancellationRefused',
  OrderCancellationRequested: 'commerce.order.OrderCancellationRequested',
  OrderCancelled: 'commerce.order.OrderCancelled',
  OrderConfirmed: 'commerce.order.OrderConfirmed',
  OrderDelivered: 'commerce.order.OrderDelivered',
  OrderPlaced: 'commerce.order.OrderPlaced',
  OrderRejected: 'commerce.order.OrderRejected',
  OrderReturned: 'commerce.order.OrderReturned',
  OrderShipped: 'commerce.order.OrderShipped',
  PaymentReturnRequested: 'commerce.order.PaymentReturnRequested',
  PaymentReturned: 'commerce.order.PaymentReturned',
  ReleaseRequested: 'commerce.order.ReleaseRequested',
  ReservationRequested: 'commerce.order.ReservationRequested',
  ShipmentRecordRequested: 'commerce.order.ShipmentRecordRequested',
  ShippingStopAwaited: 'commerce.order.ShippingStopAwaited',
  StockCommitRequested: 'commerce.order.StockCommitRequested',
  PaymentAuthorised: 'commerce.payment.PaymentAuthorised',
  PaymentCaptured: 'commerce.payment.PaymentCaptured',
  PaymentDeclined: 'commerce.payment.PaymentDeclined',
  PaymentRefunded: 'commerce.payment.PaymentRefunded',
  PaymentRequested: 'commerce.payment.PaymentRequested',
  PaymentVoided: 'commerce.payment.PaymentVoided',
  ShipmentCreated: 'commerce.shipping.ShipmentCreated',
  ShipmentDelivered: 'commerce.shipping.ShipmentDelivered',
  ShipmentDispatched: 'commerce.shipping.ShipmentDispatched',
  ShipmentFailed: 'commerce.shipping.ShipmentFailed',
  ShipmentSplit: 'commerce.shipping.ShipmentSplit',
  ShippingPlanned: 'commerce.shipping.ShippingPlanned',
  ShippingStopped: 'commerce.shipping.ShippingStopped',
} as const satisfies Record<keyof PublicEvents, string>;
