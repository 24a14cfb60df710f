import { type EventVersions } from '../../../kernel/decider.js';
import { type Instant } from '../../../kernel/envelope.js';
import { type Money } from '../../../kernel/money.js';
import { type Sealed } from '../../../kernel/sealed.js';

export interface OrderLine {
  sku: string;
  name: string;
  quantity: number;
  unitPrice: Money;
  lineTotal: Money;
}

export interface Reason {
  code: string;
  detail: string;
}

/** The facts of one order, in stream `order-<orderId>`. */
export type OrderEvent =
  | {
      type: 'OrderPlaced';
      data: {
        orderId: string;
        customerId: string;
        /** The cart it was checked out from, if any. */
        cartId: string | null;
        lines: readonly OrderLine[];
        total: Money;
        /** null when the total is zero: nothing is to be paid. */
        paymentId: string | null;
        paymentMethod: string;
        placedAt: Instant;
        /** Name and e-mail address, sealed under the customer's key. */
        contact: Sealed | null;
        shippingAddress: Sealed | null;
      };
    }
  | { type: 'OrderConfirmed'; data: { orderId: string } }
  | { type: 'OrderRejected'; data: { orderId: string; reason: Reason } }
  | { type: 'OrderCancellationRequested'; data: { orderId: string; reason: Reason } }
  /** The order left the building before the cancellation could stop it. */
  | { type: 'OrderCancellationRefused'; data: { orderId: string; reason: Reason } }
  | { type: 'OrderCancelled'; data: { orderId: string; reason: Reason } }
  | {
      type: 'OrderShipped';
      data: {
        orderId: string;
        shipmentId: string;
        lines: readonly { sku: string; quantity: number }[];
        /** Nothing of the order is left to ship. */
        complete: boolean;
      };
    }
  | { type: 'OrderDelivered'; data: { orderId: string } }
  | { type: 'OrderReturned'; data: { orderId: string; reason: string | null } };

/** Version 1 knew no personal data. */
type OrderPlacedV1 = Omit<
  Extract<OrderEvent, { type: 'OrderPlaced' }>['data'],
  'contact' | 'shippingAddress'
>;

export const orderCategory = 'order';

export const orderEvents: EventVersions<OrderEvent> = {
  OrderPlaced: {
    current: 2,
    upcasters: { 1: (data: OrderPlacedV1) => ({ ...data, contact: null, shippingAddress: null }) },
  },
  OrderConfirmed: { current: 1 },
  OrderRejected: { current: 1 },
  OrderCancellationRequested: { current: 1 },
  OrderCancellationRefused: { current: 1 },
  OrderCancelled: { current: 1 },
  OrderShipped: { current: 1 },
  OrderDelivered: { current: 1 },
  OrderReturned: { current: 1 },
};
