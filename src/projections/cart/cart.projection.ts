import { cartCategory, type CartEvent, cartEvents, type CartLine } from '../../domains/cart/contract.js';
import { type Money, sum, times } from '../../kernel/money.js';
import { existing, type Projection } from '../projection.js';

export interface CartItem extends Readonly<CartLine> {
  readonly lineTotal: Money;
}

export interface CartContents {
  readonly cartId: string;
  readonly customerId: string;
  readonly status: 'open' | 'checked_out' | 'abandoned';
  readonly items: readonly CartItem[];
  /** null while the cart is empty: it has no currency. */
  readonly total: Money | null;
  readonly orderId: string | null;
  readonly revision: number;
}

const itemOf = ({ sku, name, quantity, unitPrice }: CartLine): CartItem => ({
  sku,
  name,
  quantity,
  unitPrice,
  lineTotal: times(unitPrice, quantity),
});

const withItems = (cart: CartContents, items: readonly CartItem[]): CartContents => {
  const [first] = items;
  const total = first
    ? sum(
        items.map(({ lineTotal }) => lineTotal),
        first.unitPrice.currency,
      )
    : null;
  return { ...cart, items, total };
};

/** What is in the cart already grows by the quantity and takes on the price. */
const withAdded = (items: readonly CartItem[], line: CartLine): readonly CartItem[] => {
  const index = items.findIndex(({ sku }) => sku === line.sku);
  const before = items[index];
  return before === undefined
    ? [...items, itemOf(line)]
    : items.with(index, itemOf({ ...line, quantity: before.quantity + line.quantity }));
};

export const cartProjection: Projection<CartEvent, CartContents> = {
  name: 'cart',
  version: 1,
  reads: { [cartCategory]: cartEvents },
  indexes: [],
  key: ({ data }) => data.cartId,
  evolve: (doc, event) => {
    const { type, data, revision } = event;
    if (type === 'CartOpened') {
      const { cartId, customerId } = data;
      return { cartId, customerId, status: 'open', items: [], total: null, orderId: null, revision };
    }
    const cart = { ...existing(doc, event), revision };
    const { items } = cart;
    switch (type) {
      case 'CartItemAdded':
        return withItems(cart, withAdded(items, data));
      case 'CartItemQuantityChanged':
        return withItems(
          cart,
          items.map((item) => (item.sku === data.sku ? itemOf({ ...item, quantity: data.quantity }) : item)),
        );
      case 'CartItemRemoved':
        return withItems(
          cart,
          items.filter(({ sku }) => sku !== data.sku),
        );
      case 'CartCheckedOut':
        return {
          ...cart,
          status: 'checked_out',
          items: data.lines.map(itemOf),
          total: data.total,
          orderId: data.orderId,
        };
      case 'CartAbandoned':
        return { ...cart, status: 'abandoned' };
    }
  },
};
