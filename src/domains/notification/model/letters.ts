import { type Money, moneyText } from '../../../kernel/money.js';
import { type OrderEvent, type OrderLine, type Reason } from '../../order/contract.js';
import { type PaymentEvent } from '../../payment/contract.js';
import { type Template } from './notification.events.js';

/** The events that customers are told of. */
export const templateOf = {
  OrderPlaced: 'order-placed',
  OrderConfirmed: 'order-confirmed',
  OrderRejected: 'order-rejected',
  OrderShipped: 'order-shipped',
  OrderDelivered: 'order-delivered',
  PaymentDeclined: 'payment-declined',
  PaymentRefunded: 'payment-refunded',
} as const satisfies Partial<Record<(OrderEvent | PaymentEvent)['type'], Template>>;

type Told = keyof typeof templateOf;
export type ToldEvent = Extract<OrderEvent | PaymentEvent, { type: Told }>;

export const isTold = <Event extends OrderEvent | PaymentEvent>(
  event: Event,
): event is Extract<Event, { type: Told }> => Object.hasOwn(templateOf, event.type);

/** The order as it was placed. */
export interface OrderedGoods {
  readonly orderId: string;
  readonly lines: readonly OrderLine[];
  readonly total: Money;
}

export interface Letter {
  readonly subject: string;
  readonly text: string;
}

/** What the customer is written because of the event. */
export const letterAbout = (
  event: ToldEvent,
  order: OrderedGoods,
  name: string,
  trackingNumber: string | null,
): Letter => {
  const { subject, paragraphs } = content(event, order, trackingNumber);
  return { subject, text: `${[`Hello ${name},`, ...paragraphs].join('\n\n')}\n` };
};

interface Content {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

const content = (event: ToldEvent, order: OrderedGoods, trackingNumber: string | null): Content => {
  const { orderId, total } = order;
  switch (event.type) {
    case 'OrderPlaced':
      return {
        subject: `We have received your order ${orderId}`,
        paragraphs: [
          `thank you for your order ${orderId}.`,
          ordered(order),
          'We write again when it is confirmed.',
        ],
      };
    case 'OrderConfirmed':
      return {
        subject: `Your order ${orderId} is confirmed`,
        paragraphs: [
          `your order ${orderId} is confirmed.`,
          ordered(order),
          'We write again when it is on its way.',
        ],
      };
    case 'OrderRejected':
      return {
        subject: `We cannot carry out your order ${orderId}`,
        paragraphs: [
          `we are sorry: your order ${orderId} cannot be carried out. ${reasonText(event.data.reason)}`,
          ordered(order),
          'Nothing of it will be delivered, and what was paid for it is paid back.',
        ],
      };
    case 'OrderShipped': {
      const { lines, complete } = event.data;
      return {
        subject: `Your order ${orderId} is on its way`,
        paragraphs: [
          complete
            ? `these items of your order ${orderId} are on their way, and nothing more is to come:`
            : `these items of your order ${orderId} are on their way, and the rest follows:`,
          lines.map(({ sku, quantity }) => `${quantity} × ${nameOf(order, sku)}`).join('\n'),
          ...(trackingNumber === null ? [] : [`Tracking number: ${trackingNumber}`]),
        ],
      };
    }
    case 'OrderDelivered':
      return {
        subject: `Your order ${orderId} has been delivered`,
        paragraphs: [`your order ${orderId} has been delivered.`, ordered(order)],
      };
    case 'PaymentDeclined':
      return {
        subject: `The payment for your order ${orderId} was declined`,
        paragraphs: [
          `the payment of ${moneyText(total)} for your order ${orderId} was declined. ${event.data.detail}`,
          'To order again, choose another way to pay.',
        ],
      };
    case 'PaymentRefunded': {
      const { amount, reason } = event.data;
      return {
        subject: `A refund for your order ${orderId}`,
        paragraphs: [
          `${moneyText(amount)} paid for your order ${orderId} are paid back.`,
          ...(reason === null ? [] : [`Reason: ${reason}`]),
        ],
      };
    }
  }
};

const ordered = ({ lines, total }: OrderedGoods): string =>
  [
    ...lines.map(({ name, quantity, lineTotal }) => `${quantity} × ${name}: ${moneyText(lineTotal)}`),
    `Total: ${moneyText(total)}`,
  ].join('\n');

const nameOf = ({ lines }: OrderedGoods, sku: string): string =>
  lines.find((line) => line.sku === sku)?.name ?? sku;

const reasonText = ({ detail }: Reason): string => detail;

/** Each attempt is a mail of its own. */
export const mailIdOf = (attempt: { readonly notificationId: string; readonly attempt: number }): string =>
  `${attempt.notificationId}/${attempt.attempt}`;
