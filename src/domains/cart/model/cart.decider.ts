import { type Aggregate } from '../../../kernel/decider.js';
import { type Money, money, sameMoney } from '../../../kernel/money.js';
import { refuseQuantity } from '../../../kernel/quantity.js';
import { isRejection, reject, type Rejection } from '../../../kernel/rejection.js';
import { type Offer, type OfferRejection } from '../../catalog/contract.js';
import { type SealedPersonalData } from '../../order/contract.js';
import { cartCategory, type CartEvent, cartEvents, type CartLine } from './cart.events.js';

export type CartCommand =
  | { do: 'open'; cartId: string; customerId: string }
  /** What is in the cart already grows by the quantity, and all of it takes the price. */
  | { do: 'addItem'; cartId: string; sku: string; quantity: number; offer: Offer | OfferRejection }
  /** `unitPrice` is today's, which the line takes on; null keeps the one it has. */
  | { do: 'changeQuantity'; cartId: string; sku: string; quantity: number; unitPrice: Money | null }
  | { do: 'removeItem'; cartId: string; sku: string }
  | ({
      do: 'checkOut';
      cartId: string;
      orderId: string;
      /** What each SKU sells for, or why it does not. A SKU that is not there is unknown. */
      offers: ReadonlyMap<string, Offer | OfferRejection>;
      /** Units that could be reserved now. A SKU that is not there has none. */
      available: ReadonlyMap<string, number>;
      paymentMethod: string | null;
    } & SealedPersonalData)
  | { do: 'abandon'; cartId: string; reason: string };

export type CartState =
  | { readonly is: 'absent' }
  | { readonly is: 'open'; readonly customerId: string; readonly lines: readonly CartLine[] }
  | { readonly is: 'checkedOut'; readonly orderId: string }
  | { readonly is: 'abandoned' };

export type CartRejection =
  | OfferRejection
  | Rejection<
      | 'CART_NOT_FOUND'
      | 'CART_EXISTS'
      | 'CART_CLOSED'
      | 'CART_EMPTY'
      | 'CART_FULL'
      | 'CART_ITEM_NOT_FOUND'
      | 'QUANTITY_INVALID'
      | 'CURRENCY_MISMATCH'
      | 'TOTAL_TOO_LARGE'
      | 'PRICE_CHANGED'
      | 'OUT_OF_STOCK'
    >;

/** As many as an order takes. */
const mostLines = 200;

const decide = (command: CartCommand, state: CartState): readonly CartEvent[] | CartRejection => {
  const { cartId } = command;
  switch (state.is) {
    case 'absent':
      return command.do === 'open'
        ? [{ type: 'CartOpened', data: { cartId, customerId: command.customerId } }]
        : reject('CART_NOT_FOUND', `There is no cart ${cartId}.`);
    case 'checkedOut':
      return command.do === 'checkOut' && command.orderId === state.orderId
        ? []
        : reject('CART_CLOSED', `Cart ${cartId} was checked out as order ${state.orderId}.`);
    case 'abandoned':
      return command.do === 'abandon' ? [] : reject('CART_CLOSED', `Cart ${cartId} was abandoned.`);
    case 'open':
      return decideOpen(command, state);
  }
};

type Open = Extract<CartState, { is: 'open' }>;

const decideOpen = (command: CartCommand, state: Open): readonly CartEvent[] | CartRejection => {
  const { cartId } = command;
  const { customerId, lines } = state;
  switch (command.do) {
    case 'open':
      return command.customerId === customerId
        ? []
        : reject('CART_EXISTS', `Cart ${cartId} is another customer's.`, 'cartId');
    case 'addItem': {
      const { sku, quantity, offer } = command;
      if (isRejection(offer)) return { ...offer, path: 'sku' };
      const { name, price: unitPrice } = offer;
      if (lines.length >= mostLines && !lines.some((line) => line.sku === sku)) {
        return reject(
          'CART_FULL',
          `Cart ${cartId} has ${mostLines} different items, the most an order takes.`,
          'sku',
        );
      }
      return (
        refuseQuantity(quantity) ?? ifPayable(state, [itemAdded(cartId, { sku, name, quantity, unitPrice })])
      );
    }
    case 'changeQuantity': {
      const { sku, quantity, unitPrice } = command;
      const line = lines.find((known) => known.sku === sku);
      if (line === undefined) return reject('CART_ITEM_NOT_FOUND', `Cart ${cartId} has no ${sku}.`, 'sku');
      const invalid = refuseQuantity(quantity);
      if (invalid) return invalid;
      if (unitPrice !== null && !sameMoney(unitPrice, line.unitPrice)) {
        return ifPayable(state, [
          { type: 'CartItemRemoved', data: { cartId, sku } },
          itemAdded(cartId, { sku, name: line.name, quantity, unitPrice }),
        ]);
      }
      return quantity === line.quantity
        ? []
        : ifPayable(state, [{ type: 'CartItemQuantityChanged', data: { cartId, sku, quantity } }]);
    }
    case 'removeItem': {
      const { sku } = command;
      return lines.some((line) => line.sku === sku)
        ? [{ type: 'CartItemRemoved', data: { cartId, sku } }]
        : [];
    }
    case 'checkOut':
      return checkOut(command, state);
    case 'abandon':
      return [{ type: 'CartAbandoned', data: { cartId, reason: command.reason } }];
  }
};

const checkOut = (
  command: Extract<CartCommand, { do: 'checkOut' }>,
  { customerId, lines }: Open,
): readonly CartEvent[] | CartRejection => {
  const { cartId, orderId, offers, available, paymentMethod, contact, shippingAddress } = command;
  for (const { sku, quantity, unitPrice } of lines) {
    const offer = offers.get(sku) ?? reject('UNKNOWN_SKU', `There is no product ${sku}.`);
    if (isRejection(offer)) return offer;
    if (!sameMoney(offer.price, unitPrice)) {
      return reject('PRICE_CHANGED', `${sku} was ${text(unitPrice)} and is ${text(offer.price)} now.`);
    }
    const left = available.get(sku) ?? 0;
    if (quantity > left) {
      return reject('OUT_OF_STOCK', `${quantity} of ${sku} are in the cart, ${left} are available.`);
    }
  }
  const total = totalOf(lines);
  if (total === undefined) return reject('CART_EMPTY', `Cart ${cartId} has no items.`);
  if (isRejection(total)) return total;
  const personal = { contact, shippingAddress };
  return [
    {
      type: 'CartCheckedOut',
      data: { cartId, customerId, orderId, lines, total, paymentMethod, ...personal },
    },
  ];
};

const itemAdded = (cartId: string, line: CartLine): CartEvent => ({
  type: 'CartItemAdded',
  data: { cartId, ...line },
});

/** The events, unless the cart they make has no total. */
const ifPayable = (state: Open, events: readonly CartEvent[]): readonly CartEvent[] | CartRejection => {
  const next = events.reduce(evolve, state);
  const total = next.is === 'open' ? totalOf(next.lines) : undefined;
  return isRejection(total) ? total : events;
};

/** undefined for an empty cart, which has no currency. */
const totalOf = (
  lines: readonly CartLine[],
): Money | Rejection<'CURRENCY_MISMATCH' | 'TOTAL_TOO_LARGE'> | undefined => {
  const currency = lines[0]?.unitPrice.currency;
  if (currency === undefined) return undefined;
  const other = lines.find((line) => line.unitPrice.currency !== currency);
  if (other !== undefined) {
    const detail = `The cart is in ${currency}, ${other.sku} is priced in ${other.unitPrice.currency}.`;
    return reject('CURRENCY_MISMATCH', detail, 'sku');
  }
  const total = lines.reduce((amount, line) => amount + line.unitPrice.amountMinor * line.quantity, 0);
  return Number.isSafeInteger(total) && lines.every((line) => Number.isSafeInteger(line.quantity))
    ? money(total, currency)
    : reject('TOTAL_TOO_LARGE', `A total of ${total} ${currency} cannot be counted.`, 'quantity');
};

const text = ({ amountMinor, currency }: Money): string => `${amountMinor} ${currency} (minor units)`;

const evolve = (state: CartState, event: CartEvent): CartState => {
  if (event.type === 'CartOpened') {
    return state.is === 'absent' ? { is: 'open', customerId: event.data.customerId, lines: [] } : state;
  }
  if (state.is !== 'open') return state;
  const { lines } = state;
  switch (event.type) {
    case 'CartItemAdded': {
      const { sku, name, quantity, unitPrice } = event.data;
      const added = (before: number): CartLine => ({ sku, name, quantity: before + quantity, unitPrice });
      return lines.some((line) => line.sku === sku)
        ? { ...state, lines: lines.map((line) => (line.sku === sku ? added(line.quantity) : line)) }
        : { ...state, lines: [...lines, added(0)] };
    }
    case 'CartItemQuantityChanged': {
      const { sku, quantity } = event.data;
      return { ...state, lines: lines.map((line) => (line.sku === sku ? { ...line, quantity } : line)) };
    }
    case 'CartItemRemoved':
      return { ...state, lines: lines.filter((line) => line.sku !== event.data.sku) };
    case 'CartCheckedOut':
      return { is: 'checkedOut', orderId: event.data.orderId };
    case 'CartAbandoned':
      return { is: 'abandoned' };
  }
};

export const cart: Aggregate<CartCommand, CartEvent, CartState, CartRejection> = {
  category: cartCategory,
  events: cartEvents,
  decider: { initial: { is: 'absent' }, decide, evolve },
};
