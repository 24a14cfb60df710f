import {
  type OrderEvent,
  type OrderLine,
  type Reason,
  type SealedPersonalData,
} from '../../domains/order/contract.js';
import { type Instant } from '../../kernel/envelope.js';
import { type Money } from '../../kernel/money.js';
import { type PaymentStatus, type Settlement } from '../payments/payment-status.js';

/** One order as its customer sees it. The status has several axes; they move independently of each other. */
export interface OrderStatus {
  readonly orderId: string;
  readonly customerId: string;
  readonly lines: readonly Readonly<OrderLine>[];
  readonly total: Money;
  readonly status: {
    readonly lifecycle:
      'placed' | 'confirmed' | 'rejected' | 'cancelling' | 'cancelled' | 'completed' | 'returned';
    readonly payment: 'none' | PaymentStatus;
    /** `delivery_failed`: something that was sent is lost. */
    readonly fulfilment:
      'none' | 'reserved' | 'partially_shipped' | 'shipped' | 'delivered' | 'delivery_failed';
  };
  readonly reason: Readonly<Reason> | null;
  readonly paymentId: string | null;
  readonly placedAt: Instant;
  /** Of the order's own stream. */
  readonly revision: number;
  readonly timeline: readonly TimelineEntry[];
}

export interface TimelineEntry {
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly at: Instant;
  readonly causationId: string;
  /** null when the cause is not in this timeline. */
  readonly causedBy: { readonly eventId: string; readonly type: string } | null;
  readonly actor: string;
  readonly summary: string;
}

/** What the view stores: beside the order, what its status is derived from. */
export interface OrderDocument {
  readonly order: OrderStatus;
  readonly reservedSkus: readonly string[];
  readonly settlement: Settlement;
  readonly personal: SealedPersonalData;
}

/** The order as far as it is known when it has just been placed. */
export const placedOrder = (
  { orderId, customerId, lines, total, paymentId, placedAt }: OrderPlaced,
  revision: number,
): Omit<OrderStatus, 'timeline'> => ({
  orderId,
  customerId,
  lines,
  total,
  status: { lifecycle: 'placed', payment: 'none', fulfilment: 'none' },
  reason: null,
  paymentId,
  placedAt,
  revision,
});

type OrderPlaced = Extract<OrderEvent, { type: 'OrderPlaced' }>['data'];
