import { describe, expect, it } from '@jest/globals';
import { money } from '../../../kernel/money.js';
import { type OrderEvent } from '../../order/contract.js';
import { isTold, letterAbout, mailIdOf, type OrderedGoods, templateOf, type ToldEvent } from './letters.js';
import { templates } from './notification.events.js';

const orderId = 'o-1';
const eur = (amountMinor: number) => money(amountMinor, 'EUR');
const order: OrderedGoods = {
  orderId,
  lines: [
    { sku: 'MUG', name: 'Stoneware mug', quantity: 2, unitPrice: eur(1999), lineTotal: eur(3998) },
    { sku: 'TIP', name: 'Brewing tips', quantity: 1, unitPrice: eur(0), lineTotal: eur(0) },
  ],
  total: eur(3998),
};
const goods = '2 × Stoneware mug: 39.98 EUR\n1 × Brewing tips: 0.00 EUR\nTotal: 39.98 EUR';

const placed: ToldEvent = {
  type: 'OrderPlaced',
  data: {
    ...order,
    customerId: 'ann',
    cartId: null,
    paymentId: 'p',
    paymentMethod: 'card',
    placedAt: '2026-01-02T03:04:05.678Z',
    contact: null,
    shippingAddress: null,
  },
};
const shipped = (complete: boolean, lines = [{ sku: 'MUG', quantity: 2 }]): ToldEvent => ({
  type: 'OrderShipped',
  data: { orderId, shipmentId: 'o-1.1', lines, complete },
});
const refunded = (reason: string | null): ToldEvent => ({
  type: 'PaymentRefunded',
  data: { paymentId: 'p', orderId, refundId: 'r', amount: eur(500), reason },
});

describe('The letter', () => {
  it.each<[string, ToldEvent, string | null, string, readonly string[]]>([
    [
      'an order that is placed',
      placed,
      null,
      'We have received your order o-1',
      ['thank you for your order o-1.', goods, 'We write again when it is confirmed.'],
    ],
    [
      'one that is confirmed',
      { type: 'OrderConfirmed', data: { orderId } },
      null,
      'Your order o-1 is confirmed',
      ['your order o-1 is confirmed.', goods, 'We write again when it is on its way.'],
    ],
    [
      'one that is rejected',
      {
        type: 'OrderRejected',
        data: { orderId, reason: { code: 'OUT_OF_STOCK', detail: 'MUG is out of stock.' } },
      },
      null,
      'We cannot carry out your order o-1',
      [
        'we are sorry: your order o-1 cannot be carried out. MUG is out of stock.',
        goods,
        'Nothing of it will be delivered, and what was paid for it is paid back.',
      ],
    ],
    [
      'a part that is shipped',
      shipped(false),
      'TRACK-1',
      'Your order o-1 is on its way',
      [
        'these items of your order o-1 are on their way, and the rest follows:',
        '2 × Stoneware mug',
        'Tracking number: TRACK-1',
      ],
    ],
    [
      'the rest that is shipped',
      shipped(true, [
        { sku: 'TIP', quantity: 1 },
        { sku: 'ODD', quantity: 1 },
      ]),
      null,
      'Your order o-1 is on its way',
      [
        'these items of your order o-1 are on their way, and nothing more is to come:',
        '1 × Brewing tips\n1 × ODD',
      ],
    ],
    [
      'one that is delivered',
      { type: 'OrderDelivered', data: { orderId } },
      null,
      'Your order o-1 has been delivered',
      ['your order o-1 has been delivered.', goods],
    ],
    [
      'a payment that is declined',
      {
        type: 'PaymentDeclined',
        data: { paymentId: 'p', orderId, code: 'EXPIRED_CARD', detail: 'The card has expired.' },
      },
      null,
      'The payment for your order o-1 was declined',
      [
        'the payment of 39.98 EUR for your order o-1 was declined. The card has expired.',
        'To order again, choose another way to pay.',
      ],
    ],
    [
      'a refund',
      refunded('Broken on arrival.'),
      null,
      'A refund for your order o-1',
      ['5.00 EUR paid for your order o-1 are paid back.', 'Reason: Broken on arrival.'],
    ],
    [
      'a refund without reason',
      refunded(null),
      null,
      'A refund for your order o-1',
      ['5.00 EUR paid for your order o-1 are paid back.'],
    ],
  ])('about %s', (_, event, tracking, subject, paragraphs) => {
    expect(letterAbout(event, order, 'Ann Example', tracking)).toStrictEqual({
      subject,
      text: `Hello Ann Example,\n\n${paragraphs.join('\n\n')}\n`,
    });
  });

  it('has a template for each event that customers are told of, and no other', () => {
    expect(new Set<string>(Object.values(templateOf))).toStrictEqual(new Set(templates));
    const returned: OrderEvent = { type: 'OrderReturned', data: { orderId, reason: null } };
    expect([placed, returned].map((event) => isTold(event))).toStrictEqual([true, false]);
  });

  it('is a mail of its own with every attempt', () => {
    expect(mailIdOf({ notificationId: 'n', attempt: 2 })).toBe('n/2');
  });
});
