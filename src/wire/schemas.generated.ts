// Generated from schemas/avro by `npm run schemas -- types`. Not to be edited.

import { type PublicEvents } from './events.generated.js';

interface PublicSchema {
  /** Confluent compatibility mode of the subject. */
  readonly compatibility: string;
  /** The Avro schema as it is registered. */
  readonly schema: string;
}

export const publicSchemas: Readonly<Record<keyof PublicEvents, PublicSchema>> = {
  CartAbandoned: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"CartAbandoned","namespace":"commerce.cart","doc":"The cart will not be checked out.","fields":[{"name":"cartId","type":"string","doc":"The cart."},{"name":"reason","type":"string","doc":"Why, for people."}]}',
  },
  CartCheckedOut: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"CartCheckedOut","namespace":"commerce.cart","doc":"The customer orders what is in the cart, at these prices. The payment method stays inside the program; contact and shipping address are published, sealed, with the order (OrderPlaced).","fields":[{"name":"cartId","type":"string","doc":"The cart."},{"name":"customerId","type":"string","doc":"Who orders."},{"name":"orderId","type":"string","doc":"The order that is placed because of this."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"CartLine","doc":"Units of one article, with the price that the customer saw.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"name","type":"string","doc":"Its name when it was last priced."},{"name":"quantity","type":"long","doc":"How many units, at least 1."},{"name":"unitPrice","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"What a unit cost when it was last priced."}]}},"doc":"What is ordered; one line an article."},{"name":"total","type":"commerce.common.Money","doc":"The sum over all lines."}]}',
  },
  CartItemAdded: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"CartItemAdded","namespace":"commerce.cart","doc":"Units of an article were put into the cart.","fields":[{"name":"cartId","type":"string","doc":"The cart."},{"name":"sku","type":"string","doc":"The article."},{"name":"name","type":"string","doc":"Its name at that time."},{"name":"quantity","type":"long","doc":"How many units were put in, at least 1."},{"name":"unitPrice","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"What a unit cost at that time."}]}',
  },
  CartItemQuantityChanged: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"CartItemQuantityChanged","namespace":"commerce.cart","doc":"The cart holds another number of units of the article.","fields":[{"name":"cartId","type":"string","doc":"The cart."},{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units there are now, at least 1."}]}',
  },
  CartItemRemoved: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"CartItemRemoved","namespace":"commerce.cart","doc":"The article is no longer in the cart.","fields":[{"name":"cartId","type":"string","doc":"The cart."},{"name":"sku","type":"string","doc":"The article."}]}',
  },
  CartOpened: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"CartOpened","namespace":"commerce.cart","doc":"A customer got a cart.","fields":[{"name":"cartId","type":"string","doc":"The cart."},{"name":"customerId","type":"string","doc":"Whose cart it is."}]}',
  },
  ProductAdded: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ProductAdded","namespace":"commerce.catalog","doc":"A product came into the catalogue. It is not on sale until it is published.","fields":[{"name":"sku","type":"string","doc":"The article, which never changes its SKU."},{"name":"name","type":"string","doc":"What customers read."},{"name":"description","type":["null","string"],"default":null,"doc":"What customers read in more words; null when there is none."},{"name":"price","type":["null",{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]}],"default":null,"doc":"What a unit costs; null while it has no price."}]}',
  },
  ProductDetailsChanged: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ProductDetailsChanged","namespace":"commerce.catalog","doc":"The product is described otherwise from now on.","fields":[{"name":"sku","type":"string","doc":"The article, which never changes its SKU."},{"name":"name","type":"string","doc":"What customers read now."},{"name":"description","type":["null","string"],"default":null,"doc":"What customers read now in more words; null when there is none."}]}',
  },
  ProductDiscontinued: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ProductDiscontinued","namespace":"commerce.catalog","doc":"The product is never sold again.","fields":[{"name":"sku","type":"string","doc":"The article, which never changes its SKU."}]}',
  },
  ProductPriceChanged: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ProductPriceChanged","namespace":"commerce.catalog","doc":"The product has another price from now on. Orders and carts keep the one they have.","fields":[{"name":"sku","type":"string","doc":"The article, which never changes its SKU."},{"name":"price","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"What a unit costs now."},{"name":"previous","type":["null","commerce.common.Money"],"default":null,"doc":"What it cost before; null when it had no price."}]}',
  },
  ProductPublished: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ProductPublished","namespace":"commerce.catalog","doc":"The product is on sale.","fields":[{"name":"sku","type":"string","doc":"The article, which never changes its SKU."}]}',
  },
  ProductUnpublished: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ProductUnpublished","namespace":"commerce.catalog","doc":"The product is no longer on sale; it may be published again.","fields":[{"name":"sku","type":"string","doc":"The article, which never changes its SKU."}]}',
  },
  StockAdjusted: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockAdjusted","namespace":"commerce.inventory","doc":"The count was corrected.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"delta","type":"long","doc":"By how many units, up or down."},{"name":"reason","type":"string","doc":"Why, for people."}]}',
  },
  StockCommitted: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockCommitted","namespace":"commerce.inventory","doc":"Reserved units have left the building, all of the reservation\'s or some.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"reservationId","type":"string","doc":"The reservation."},{"name":"orderId","type":"string","doc":"The order that it is for."},{"name":"quantity","type":"long","doc":"How many units."},{"name":"shipmentId","type":["null","string"],"default":null,"doc":"The shipment that they left with; null when it is not known."}]}',
  },
  StockReceived: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockReceived","namespace":"commerce.inventory","doc":"Units came in.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."},{"name":"reference","type":["null","string"],"default":null,"doc":"The receiver\'s note, such as a delivery note\'s number; null when there is none."}]}',
  },
  StockReleased: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockReleased","namespace":"commerce.inventory","doc":"Reserved units are for sale again.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"reservationId","type":"string","doc":"The reservation."},{"name":"orderId","type":"string","doc":"The order that it is for."},{"name":"quantity","type":"long","doc":"How many units."}]}',
  },
  StockReservationExpired: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockReservationExpired","namespace":"commerce.inventory","doc":"The reservation ran out; its units are for sale again.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"reservationId","type":"string","doc":"The reservation."},{"name":"orderId","type":"string","doc":"The order that it is for."},{"name":"quantity","type":"long","doc":"How many units."}]}',
  },
  StockReservationRefused: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockReservationRefused","namespace":"commerce.inventory","doc":"There are too few units.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"reservationId","type":"string","doc":"The reservation."},{"name":"orderId","type":"string","doc":"The order that it is for."},{"name":"quantity","type":"long","doc":"How many units were asked for."},{"name":"available","type":"long","doc":"How many units there were."}]}',
  },
  StockReserved: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockReserved","namespace":"commerce.inventory","doc":"Units are set aside for an order.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"reservationId","type":"string","doc":"The reservation."},{"name":"orderId","type":"string","doc":"The order that it is for."},{"name":"quantity","type":"long","doc":"How many units, at least 1."},{"name":"expiresAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the reservation runs out if the order is not confirmed."}]}',
  },
  NotificationFailed: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"NotificationFailed","namespace":"commerce.notification","doc":"A message to a customer was refused for good. The mail server\'s own words, which may hold private data, stay inside the program.","fields":[{"name":"notificationId","type":"string","doc":"The message."},{"name":"orderId","type":"string","doc":"The order that it is about."},{"name":"customerId","type":"string","doc":"Who is told."},{"name":"template","type":{"type":"enum","name":"NotificationTemplate","namespace":"commerce.common","doc":"What a message tells the customer. UNKNOWN stands for what a reader does not know yet.","symbols":["UNKNOWN","ORDER_PLACED","ORDER_CONFIRMED","ORDER_REJECTED","ORDER_SHIPPED","ORDER_DELIVERED","PAYMENT_DECLINED","PAYMENT_REFUNDED"],"default":"UNKNOWN"},"doc":"What the customer is told."},{"name":"aboutEventId","type":"string","doc":"The event that the customer is told of."},{"name":"attempt","type":"int","doc":"1 for the first; an operator may have it sent again."},{"name":"code","type":"string","doc":"Why, for programs."}]}',
  },
  NotificationSent: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"NotificationSent","namespace":"commerce.notification","doc":"A message to a customer was handed over for sending.","fields":[{"name":"notificationId","type":"string","doc":"The message."},{"name":"orderId","type":"string","doc":"The order that it is about."},{"name":"customerId","type":"string","doc":"Who is told."},{"name":"template","type":{"type":"enum","name":"NotificationTemplate","namespace":"commerce.common","doc":"What a message tells the customer. UNKNOWN stands for what a reader does not know yet.","symbols":["UNKNOWN","ORDER_PLACED","ORDER_CONFIRMED","ORDER_REJECTED","ORDER_SHIPPED","ORDER_DELIVERED","PAYMENT_DECLINED","PAYMENT_REFUNDED"],"default":"UNKNOWN"},"doc":"What the customer is told."},{"name":"aboutEventId","type":"string","doc":"The event that the customer is told of."},{"name":"attempt","type":"int","doc":"1 for the first; an operator may have it sent again."}]}',
  },
  AuthorisationRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"AuthorisationRequested","namespace":"commerce.order","doc":"Fulfilment asks payment to authorise the total. The payment method stays inside the program.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"paymentId","type":"string","doc":"The payment."},{"name":"customerId","type":"string","doc":"Who pays."},{"name":"amount","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"How much."},{"name":"timesOutAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When an answer comes too late."}]}',
  },
  CaptureRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"CaptureRequested","namespace":"commerce.order","doc":"Fulfilment asks payment to take authorised money.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"paymentId","type":"string","doc":"The payment."},{"name":"amount","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"How much."}]}',
  },
  ConfirmationRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ConfirmationRequested","namespace":"commerce.order","doc":"Fulfilment asks the order to confirm itself: every line is reserved and the money is authorised.","fields":[{"name":"orderId","type":"string","doc":"The order."}]}',
  },
  DeliveryRecordRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"DeliveryRecordRequested","namespace":"commerce.order","doc":"Fulfilment asks the order to record that all of it is delivered.","fields":[{"name":"orderId","type":"string","doc":"The order."}]}',
  },
  FulfilmentAbandoned: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"FulfilmentAbandoned","namespace":"commerce.order","doc":"The order will not be fulfilled; from here on everything taken is given back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"outcome","type":{"type":"enum","name":"FulfilmentOutcome","namespace":"commerce.common","doc":"How an order ends that is not fulfilled. UNKNOWN stands for what a reader does not know yet.","symbols":["UNKNOWN","REJECTED","CANCELLED"],"default":"UNKNOWN"},"doc":"How the order will end."},{"name":"reason","type":{"type":"record","name":"Reason","namespace":"commerce.common","doc":"Why something was decided.","fields":[{"name":"code","type":"string","doc":"Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others."},{"name":"detail","type":"string","doc":"For people. What a payment gateway says is left out."}]},"doc":"Why."}]}',
  },
  FulfilmentUndone: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"FulfilmentUndone","namespace":"commerce.order","doc":"Nothing taken is left: fulfilment asks the order to reject or cancel itself.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"outcome","type":{"type":"enum","name":"FulfilmentOutcome","namespace":"commerce.common","doc":"How an order ends that is not fulfilled. UNKNOWN stands for what a reader does not know yet.","symbols":["UNKNOWN","REJECTED","CANCELLED"],"default":"UNKNOWN"},"doc":"How the order is to end."},{"name":"reason","type":{"type":"record","name":"Reason","namespace":"commerce.common","doc":"Why something was decided.","fields":[{"name":"code","type":"string","doc":"Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others."},{"name":"detail","type":"string","doc":"For people. What a payment gateway says is left out."}]},"doc":"Why."}]}',
  },
  LineRefused: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"LineRefused","namespace":"commerce.order","doc":"Fulfilment noted that a line cannot be reserved.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"sku","type":"string","doc":"The line\'s article."},{"name":"available","type":"long","doc":"How many units there were."}]}',
  },
  LineReleased: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"LineReleased","namespace":"commerce.order","doc":"Fulfilment noted that a line\'s units are back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"sku","type":"string","doc":"The line\'s article."}]}',
  },
  LineReserved: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"LineReserved","namespace":"commerce.order","doc":"Fulfilment noted that a line is reserved.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"sku","type":"string","doc":"The line\'s article."}]}',
  },
  OrderCancellationRefused: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderCancellationRefused","namespace":"commerce.order","doc":"The order had left the building before the cancellation could stop it.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"reason","type":{"type":"record","name":"Reason","namespace":"commerce.common","doc":"Why something was decided.","fields":[{"name":"code","type":"string","doc":"Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others."},{"name":"detail","type":"string","doc":"For people. What a payment gateway says is left out."}]},"doc":"Why it cannot be cancelled."}]}',
  },
  OrderCancellationRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderCancellationRequested","namespace":"commerce.order","doc":"The customer wants the order cancelled; what was taken for it is being given back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"reason","type":{"type":"record","name":"Reason","namespace":"commerce.common","doc":"Why something was decided.","fields":[{"name":"code","type":"string","doc":"Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others."},{"name":"detail","type":"string","doc":"For people. What a payment gateway says is left out."}]},"doc":"Why, in the words of the customer."}]}',
  },
  OrderCancelled: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderCancelled","namespace":"commerce.order","doc":"The order is cancelled; whatever was taken for it has been given back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"reason","type":{"type":"record","name":"Reason","namespace":"commerce.common","doc":"Why something was decided.","fields":[{"name":"code","type":"string","doc":"Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others."},{"name":"detail","type":"string","doc":"For people. What a payment gateway says is left out."}]},"doc":"Why."}]}',
  },
  OrderConfirmed: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderConfirmed","namespace":"commerce.order","doc":"Every line is reserved and the money is authorised: the order will be fulfilled.","fields":[{"name":"orderId","type":"string","doc":"The order."}]}',
  },
  OrderDelivered: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderDelivered","namespace":"commerce.order","doc":"All of the order has been delivered.","fields":[{"name":"orderId","type":"string","doc":"The order."}]}',
  },
  OrderPlaced: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderPlaced","namespace":"commerce.order","doc":"A customer placed an order; nothing is promised yet. The payment method stays inside the program.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"customerId","type":"string","doc":"Who ordered."},{"name":"cartId","type":["null","string"],"default":null,"doc":"The cart that was checked out; null when the order came without one."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"OrderLine","doc":"Units of one article, at the price of the order.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"name","type":"string","doc":"Its name when the order was placed."},{"name":"quantity","type":"long","doc":"How many units, at least 1."},{"name":"unitPrice","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"What a unit costs in this order."},{"name":"lineTotal","type":"commerce.common.Money","doc":"Quantity times unit price."}]}},"doc":"What is ordered; one line an article."},{"name":"total","type":"commerce.common.Money","doc":"The sum over all lines."},{"name":"paymentId","type":["null","string"],"default":null,"doc":"The payment to be made; null when nothing is to be paid."},{"name":"placedAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the order was placed."},{"name":"contact","type":["null","string"],"default":null,"doc":"Personal data: name and e-mail address, sealed (AES-256-GCM) under the customer\'s key. Opaque to whoever does not hold the key, and unreadable for everybody once it is deleted. null when none was given."},{"name":"shippingAddress","type":["null","string"],"default":null,"doc":"Personal data: where to ship to, sealed (AES-256-GCM) under the customer\'s key, like contact. null when none was given."}]}',
  },
  OrderRejected: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderRejected","namespace":"commerce.order","doc":"The order will not be fulfilled; whatever was taken for it has been given back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"reason","type":{"type":"record","name":"Reason","namespace":"commerce.common","doc":"Why something was decided.","fields":[{"name":"code","type":"string","doc":"Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others."},{"name":"detail","type":"string","doc":"For people. What a payment gateway says is left out."}]},"doc":"Why."}]}',
  },
  OrderReturned: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderReturned","namespace":"commerce.order","doc":"The customer has sent the order back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"reason","type":["null","string"],"default":null,"doc":"Why, for people; null when not said."}]}',
  },
  OrderShipped: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"OrderShipped","namespace":"commerce.order","doc":"Some or all of the order is on its way.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment, <orderId>.<number>."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What is in the shipment."},{"name":"complete","type":"boolean","doc":"Whether nothing of the order is left to ship."}]}',
  },
  PaymentReturnRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentReturnRequested","namespace":"commerce.order","doc":"Fulfilment asks payment to void what is or will be authorised, or to refund what is captured.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"paymentId","type":"string","doc":"The payment."}]}',
  },
  PaymentReturned: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentReturned","namespace":"commerce.order","doc":"Fulfilment noted that the money is back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"paymentId","type":"string","doc":"The payment."}]}',
  },
  ReleaseRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ReleaseRequested","namespace":"commerce.order","doc":"Fulfilment asks inventory to give a line\'s units back.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"sku","type":"string","doc":"The line\'s article."},{"name":"expired","type":"boolean","doc":"Whether the reservation ran out."}]}',
  },
  ReservationRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ReservationRequested","namespace":"commerce.order","doc":"Fulfilment asks inventory to reserve every line under the order\'s id. The payment method stays inside the program.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"customerId","type":"string","doc":"Who ordered."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What is to be reserved; one line an article."},{"name":"total","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"What the order costs."},{"name":"paymentId","type":["null","string"],"default":null,"doc":"The payment to be made later; null when nothing is to be paid."},{"name":"expiresAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the reservation runs out."}]}',
  },
  ShipmentRecordRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShipmentRecordRequested","namespace":"commerce.order","doc":"Fulfilment asks the order to record that lines are shipped.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What is in it."}]}',
  },
  ShippingStopAwaited: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShippingStopAwaited","namespace":"commerce.order","doc":"The order is to be cancelled: fulfilment waits for shipping to say whether anything has been dispatched.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"reason","type":{"type":"record","name":"Reason","namespace":"commerce.common","doc":"Why something was decided.","fields":[{"name":"code","type":"string","doc":"Stable, for programs: OUT_OF_STOCK, PAYMENT_DECLINED, CANCELLED_BY_CUSTOMER and others."},{"name":"detail","type":"string","doc":"For people. What a payment gateway says is left out."}]},"doc":"Why it is to be cancelled."}]}',
  },
  StockCommitRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"StockCommitRequested","namespace":"commerce.order","doc":"Fulfilment asks inventory to take shipped units off the shelf.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment that they left with."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What was shipped."}]}',
  },
  PaymentAuthorised: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentAuthorised","namespace":"commerce.payment","doc":"The money is set aside. The gateway\'s authorisation id stays inside the program.","fields":[{"name":"paymentId","type":"string","doc":"The payment."},{"name":"orderId","type":"string","doc":"The order that is paid."},{"name":"amount","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"How much."}]}',
  },
  PaymentCaptured: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentCaptured","namespace":"commerce.payment","doc":"Authorised money was taken.","fields":[{"name":"paymentId","type":"string","doc":"The payment."},{"name":"orderId","type":"string","doc":"The order that is paid."},{"name":"amount","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"How much was taken this time."}]}',
  },
  PaymentDeclined: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentDeclined","namespace":"commerce.payment","doc":"The payment was refused. The gateway\'s own words, which may hold private data, stay inside the program.","fields":[{"name":"paymentId","type":"string","doc":"The payment."},{"name":"orderId","type":"string","doc":"The order that is paid."},{"name":"code","type":"string","doc":"Why, for programs: INSUFFICIENT_FUNDS, EXPIRED_CARD and others."}]}',
  },
  PaymentRefunded: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentRefunded","namespace":"commerce.payment","doc":"Captured money was given back.","fields":[{"name":"paymentId","type":"string","doc":"The payment."},{"name":"orderId","type":"string","doc":"The order that is paid."},{"name":"refundId","type":"string","doc":"Tells the refunds of one payment apart."},{"name":"amount","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"How much was given back this time."},{"name":"reason","type":["null","string"],"default":null,"doc":"Why, for people; null when not said."}]}',
  },
  PaymentRequested: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentRequested","namespace":"commerce.payment","doc":"A payment is to be authorised. The payment method stays inside the program.","fields":[{"name":"paymentId","type":"string","doc":"The payment."},{"name":"orderId","type":"string","doc":"The order that is paid."},{"name":"customerId","type":"string","doc":"Who pays."},{"name":"amount","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"How much."}]}',
  },
  PaymentVoided: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"PaymentVoided","namespace":"commerce.payment","doc":"Authorised money is no longer set aside.","fields":[{"name":"paymentId","type":"string","doc":"The payment."},{"name":"orderId","type":"string","doc":"The order that is paid."},{"name":"amount","type":{"type":"record","name":"Money","namespace":"commerce.common","doc":"An amount of money; never a fraction.","fields":[{"name":"amountMinor","type":"long","doc":"The amount in minor units of the currency: 1999 EUR is 19.99 euros."},{"name":"currency","type":"string","doc":"ISO 4217 code, such as EUR."}]},"doc":"How much."}]}',
  },
  ShipmentCreated: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShipmentCreated","namespace":"commerce.shipping","doc":"Lines of the order travel together.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment, <orderId>.<number>."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What is in the shipment."}]}',
  },
  ShipmentDelivered: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShipmentDelivered","namespace":"commerce.shipping","doc":"The shipment is with the customer.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment, <orderId>.<number>."},{"name":"complete","type":"boolean","doc":"Whether all that was ordered has been delivered."}]}',
  },
  ShipmentDispatched: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShipmentDispatched","namespace":"commerce.shipping","doc":"The shipment has left the building.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment, <orderId>.<number>."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What is in it."},{"name":"trackingNumber","type":"string","doc":"The carrier\'s."},{"name":"complete","type":"boolean","doc":"Whether nothing of the order is left to dispatch."}]}',
  },
  ShipmentFailed: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShipmentFailed","namespace":"commerce.shipping","doc":"The shipment does not arrive. Before it was dispatched its lines are to be shipped again; afterwards they are lost.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment, <orderId>.<number>."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What is in it."},{"name":"dispatched","type":"boolean","doc":"Whether it had left the building."},{"name":"reason","type":"string","doc":"Why, for people."}]}',
  },
  ShipmentSplit: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShipmentSplit","namespace":"commerce.shipping","doc":"Some lines now travel in a shipment of their own.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"shipmentId","type":"string","doc":"The shipment that they were in."},{"name":"newShipmentId","type":"string","doc":"The shipment that they are in now."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What changed over."}]}',
  },
  ShippingPlanned: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShippingPlanned","namespace":"commerce.shipping","doc":"There is something to ship: the order is confirmed.","fields":[{"name":"orderId","type":"string","doc":"The order."},{"name":"customerId","type":"string","doc":"Who ordered."},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","namespace":"commerce.common","doc":"Units of one article.","fields":[{"name":"sku","type":"string","doc":"The article."},{"name":"quantity","type":"long","doc":"How many units, at least 1."}]}},"doc":"What is to be shipped; one line an article."},{"name":"shippingAddress","type":["null","string"],"default":null,"doc":"Personal data: where to ship to, sealed (AES-256-GCM) under the customer\'s key. Opaque to whoever does not hold the key, and unreadable for everybody once it is deleted. null when the order has none."}]}',
  },
  ShippingStopped: {
    compatibility: 'FULL_TRANSITIVE',
    schema:
      '{"type":"record","name":"ShippingStopped","namespace":"commerce.shipping","doc":"Nothing was dispatched and nothing will be: the order is being cancelled.","fields":[{"name":"orderId","type":"string","doc":"The order."}]}',
  },
};
