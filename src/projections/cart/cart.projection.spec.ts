import { describe, expect, it } from '@jest/globals';
import { type CartEvent } from '../../domains/cart/contract.js';
import { money } from '../../kernel/money.js';
import { refold } from '../refold.js';
import { history, on } from '../testing/history.js';
import { cartProjection } from './cart.projection.js';

const cartId = 'k';
const eur = (amountMinor: number) => money(amountMinor, 'EUR');
const opened: CartEvent = { type: 'CartOpened', data: { cartId, customerId: 'ann' } };
const added = (sku: string, quantity: number, price: number): CartEvent => ({
  type: 'CartItemAdded',
  data: { cartId, sku, name: sku.toUpperCase(), quantity, unitPrice: eur(price) },
});
const item = (sku: string, quantity: number, price: number) => ({
  sku,
  name: sku.toUpperCase(),
  quantity,
  unitPrice: eur(price),
  lineTotal: eur(quantity * price),
});

const cartAfter = (...events: readonly CartEvent[]) =>
  refold(cartProjection, history(...events.map((event) => on('cart-k', event)))).get(cartId);

const open = { cartId, customerId: 'ann', status: 'open', orderId: null };

describe('cart', () => {
  it('is empty when it is opened, and again when its last item is gone', () => {
    const removed: CartEvent = { type: 'CartItemRemoved', data: { cartId, sku: 'tea' } };
    expect(cartAfter(opened)).toStrictEqual({ ...open, items: [], total: null, revision: 0 });
    expect(cartAfter(opened, added('tea', 1, 300), removed)).toStrictEqual({
      ...open,
      items: [],
      total: null,
      revision: 2,
    });
  });

  it('adds up its items; one that is added again grows and takes on the price', () => {
    expect(
      cartAfter(opened, added('tea', 1, 300), added('cup', 2, 550), added('tea', 2, 280), {
        type: 'CartItemQuantityChanged',
        data: { cartId, sku: 'cup', quantity: 1 },
      }),
    ).toStrictEqual({
      ...open,
      items: [item('tea', 3, 280), item('cup', 1, 550)],
      total: eur(1390),
      revision: 4,
    });
  });

  it('ends checked out, as the order that it became, or abandoned', () => {
    const line = { sku: 'tea', name: 'TEA', quantity: 1, unitPrice: eur(300) };
    const checkedOut: CartEvent = {
      type: 'CartCheckedOut',
      data: {
        cartId,
        customerId: 'ann',
        orderId: 'o',
        lines: [line],
        total: eur(300),
        paymentMethod: 'card',
        contact: null,
        shippingAddress: null,
      },
    };
    const ended = { ...open, items: [item('tea', 1, 300)], total: eur(300), revision: 2 };
    expect(cartAfter(opened, added('tea', 1, 300), checkedOut)).toStrictEqual({
      ...ended,
      status: 'checked_out',
      orderId: 'o',
    });
    expect(
      cartAfter(opened, added('tea', 1, 300), { type: 'CartAbandoned', data: { cartId, reason: 'old' } }),
    ).toStrictEqual({ ...ended, status: 'abandoned' });
  });

  it('refuses a stream that does not begin with the opening', () => {
    expect(() => cartAfter(added('tea', 1, 300))).toThrow('CartItemAdded came before');
  });
});
