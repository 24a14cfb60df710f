import { type CartEvent, cartCategory, cartEvents } from '../../domains/cart/contract.js';
import { type InventoryEvent, inventoryCategory, inventoryEvents } from '../../domains/inventory/contract.js';
import { orderCategory, type OrderEvent, orderEvents } from '../../domains/order/contract.js';
import { paymentCategory, type PaymentEvent, paymentEvents } from '../../domains/payment/contract.js';
import { type DomainEvent, type EventVersions } from '../../kernel/decider.js';
import { type Recorded } from '../../kernel/envelope.js';

/** The events that tell how business goes. */
export type TellingEvent = OrderEvent | PaymentEvent | InventoryEvent | CartEvent;

export const tellingEvents: Readonly<Record<string, EventVersions<DomainEvent>>> = {
  [orderCategory]: orderEvents,
  [paymentCategory]: paymentEvents,
  [inventoryCategory]: inventoryEvents,
  [cartCategory]: cartEvents,
};

export const counted = {
  commerce_orders_total: { help: 'Orders that came to a state', labels: ['state'] },
  commerce_orders_rejected_total: { help: 'Orders that were rejected, by why', labels: ['reason'] },
  commerce_revenue_minor_total: {
    help: 'What was captured, in the smallest unit of its currency',
    labels: ['currency'],
  },
  commerce_refunds_total: { help: 'Refunds', labels: ['currency'] },
  commerce_refunded_minor_total: {
    help: 'What was refunded, in the smallest unit of its currency',
    labels: ['currency'],
  },
  commerce_payments_total: { help: 'Answers of the payment gateway', labels: ['answer', 'decline_class'] },
  commerce_stock_outs_total: { help: 'Reservations that were refused for lack of stock', labels: [] },
  commerce_reservations_expired_total: { help: 'Reservations that ran out', labels: [] },
  commerce_carts_total: { help: 'Carts that came to a state', labels: ['state'] },
} as const;

export type CountedFigure = keyof typeof counted;

export interface Figure {
  readonly name: CountedFigure;
  readonly labels: Readonly<Record<string, string>>;
  readonly by: number;
}

const one = (name: CountedFigure, labels: Figure['labels'] = {}): readonly Figure[] => [
  { name, labels, by: 1 },
];

const orders = (state: string): readonly Figure[] => one('commerce_orders_total', { state });

/** What the event adds to the figures. */
export const figuresOf = ({ type, data }: Recorded<TellingEvent>): readonly Figure[] => {
  switch (type) {
    case 'OrderPlaced':
      return orders('placed');
    case 'OrderConfirmed':
      return orders('confirmed');
    case 'OrderRejected':
      return [
        ...orders('rejected'),
        ...one('commerce_orders_rejected_total', { reason: reasonOf(data.reason.code) }),
      ];
    case 'OrderCancelled':
      return orders('cancelled');
    case 'OrderShipped':
      return data.complete ? orders('shipped') : [];
    case 'OrderDelivered':
      return orders('delivered');
    case 'OrderReturned':
      return orders('returned');
    case 'PaymentAuthorised':
      return one('commerce_payments_total', { answer: 'authorised', decline_class: '' });
    case 'PaymentDeclined':
      return one('commerce_payments_total', { answer: 'declined', decline_class: declineClass(data.code) });
    case 'PaymentCaptured': {
      const { amountMinor: by, currency } = data.amount;
      return [{ name: 'commerce_revenue_minor_total', labels: { currency }, by }];
    }
    case 'PaymentRefunded': {
      const { amountMinor: by, currency } = data.amount;
      return [
        ...one('commerce_refunds_total', { currency }),
        { name: 'commerce_refunded_minor_total', labels: { currency }, by },
      ];
    }
    case 'StockReservationRefused':
      return one('commerce_stock_outs_total');
    case 'StockReservationExpired':
      return one('commerce_reservations_expired_total');
    case 'CartOpened':
      return one('commerce_carts_total', { state: 'opened' });
    case 'CartCheckedOut':
      return one('commerce_carts_total', { state: 'checked-out' });
    case 'CartAbandoned':
      return one('commerce_carts_total', { state: 'abandoned' });
    default:
      return [];
  }
};

const reasons = new Set([
  'OUT_OF_STOCK',
  'PAYMENT_DECLINED',
  'PAYMENT_TIMED_OUT',
  'PAYMENT_LOST',
  'RESERVATION_LOST',
  'RESERVATION_EXPIRED',
]);

/** Every code of this program; a stored event may hold others. */
const reasonOf = (code: string): string => (reasons.has(code) ? code : 'other');

/** Gateways have codes without number; what matters is whose turn it is. */
const declineClass = (code: string): string => {
  if (/fund|limit|balance/i.test(code)) return 'funds';
  if (/fraud|stolen|lost|risk|suspected/i.test(code)) return 'fraud';
  if (/expired|invalid|incorrect|card|cvc|number/i.test(code)) return 'card';
  return 'other';
};
