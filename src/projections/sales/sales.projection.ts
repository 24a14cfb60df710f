import { orderCategory, type OrderEvent, orderEvents } from '../../domains/order/contract.js';
import { paymentCategory, type PaymentEvent, paymentEvents } from '../../domains/payment/contract.js';
import { type Recorded } from '../../kernel/envelope.js';
import { type Money, money, zero } from '../../kernel/money.js';
import { type Projection } from '../projection.js';

export interface SalesFigures {
  /** Placed, whatever became of them. */
  readonly orders: number;
  /** Captured. */
  readonly revenue: Money;
  readonly refunds: Money;
}

/** What happened on one day (UTC, `2026-11-23`) in one currency: a refund counts on its own day, not on its sale's. */
export interface DailySales extends SalesFigures {
  readonly day: string;
  readonly currency: string;
}

export type SalesEvent = OrderEvent | PaymentEvent;

/** What the event adds; undefined when it adds nothing. */
const figuresOf = ({ type, data }: SalesEvent): SalesFigures | undefined => {
  switch (type) {
    case 'OrderPlaced': {
      const none = zero(data.total.currency);
      return { orders: 1, revenue: none, refunds: none };
    }
    case 'PaymentCaptured':
      return { orders: 0, revenue: data.amount, refunds: zero(data.amount.currency) };
    case 'PaymentRefunded':
      return { orders: 0, revenue: zero(data.amount.currency), refunds: data.amount };
    case 'OrderConfirmed':
    case 'OrderRejected':
    case 'OrderCancellationRequested':
    case 'OrderCancellationRefused':
    case 'OrderCancelled':
    case 'OrderShipped':
    case 'OrderDelivered':
    case 'OrderReturned':
    case 'PaymentRequested':
    case 'PaymentAuthorised':
    case 'PaymentDeclined':
    case 'PaymentVoided':
      return undefined;
  }
};

export const plusFigures = (a: SalesFigures, b: SalesFigures): SalesFigures => ({
  orders: a.orders + b.orders,
  revenue: cappedPlus(a.revenue, b.revenue),
  refunds: cappedPlus(a.refunds, b.refunds),
});

/** Nothing limits the sum of many orders, and one absurd order must not stop the view: at the cap it is that or more. */
const cappedPlus = ({ amountMinor, currency }: Money, more: Money): Money =>
  money(Math.min(amountMinor + more.amountMinor, Number.MAX_SAFE_INTEGER), currency);

const dayOf = ({ metadata }: Recorded<SalesEvent>): string => metadata.occurredAt.slice(0, 10);

/** All that is sold in a currency on a day is one document. */
export const salesProjection: Projection<SalesEvent, DailySales> = {
  name: 'sales',
  version: 1,
  reads: { [orderCategory]: orderEvents, [paymentCategory]: paymentEvents },
  indexes: [['day']],
  key: (event) => {
    const figures = figuresOf(event);
    return figures && `${dayOf(event)}:${figures.revenue.currency}`;
  },
  evolve: (doc, event) => {
    const figures = figuresOf(event);
    if (figures === undefined) return doc;
    if (doc !== undefined) return { ...doc, ...plusFigures(doc, figures) };
    return { day: dayOf(event), currency: figures.revenue.currency, ...figures };
  },
};
