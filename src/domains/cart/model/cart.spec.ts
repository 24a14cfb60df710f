import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fold } from '../../../kernel/decider.js';
import { type Position, upcast } from '../../../kernel/envelope.js';
import { isRejection, reject } from '../../../kernel/rejection.js';
import { type Sealed } from '../../../kernel/sealed.js';
import { given } from '../../../testing/given-when-then.js';
import { sampleEvent } from '../../../testing/sample-events.js';
import { type Offer, type OfferRejection } from '../../catalog/contract.js';
import { cart, type CartCommand } from './cart.decider.js';
import { type CartEvent, cartEvents } from './cart.events.js';

const cartId = 'c1';
const customerId = 'ada';
const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
const usd = (amountMinor: number) => ({ amountMinor, currency: 'USD' });
const mugs = { sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: eur(900) };
const tea = { sku: 'TEA', name: 'Tea', quantity: 1, unitPrice: eur(450) };

const personal = { contact: 'sealed contact' as Sealed, shippingAddress: 'sealed address' as Sealed };

const opened: CartEvent = { type: 'CartOpened', data: { cartId, customerId } };
const mugsAdded: CartEvent = { type: 'CartItemAdded', data: { cartId, ...mugs } };
const teaAdded: CartEvent = { type: 'CartItemAdded', data: { cartId, ...tea } };
const mugsRemoved: CartEvent = { type: 'CartItemRemoved', data: { cartId, sku: 'MUG' } };
const threeMugs: CartEvent = { type: 'CartItemQuantityChanged', data: { cartId, sku: 'MUG', quantity: 3 } };
const abandoned: CartEvent = { type: 'CartAbandoned', data: { cartId, reason: 'idle' } };
const checkedOut: Extract<CartEvent, { type: 'CartCheckedOut' }> = {
  type: 'CartCheckedOut',
  data: {
    cartId,
    customerId,
    orderId: 'o1',
    lines: [mugs, tea],
    total: eur(2250),
    paymentMethod: 'card',
    ...personal,
  },
};

const open: CartCommand = { do: 'open', cartId, customerId };
const addMugsAt = (price: Offer['price'], quantity: number): CartCommand => ({
  do: 'addItem',
  cartId,
  sku: 'MUG',
  quantity,
  offer: { sku: 'MUG', name: 'Mug', price },
});
const addMugs = addMugsAt(eur(900), 2);
const changeMugs = (quantity: number, unitPrice: Offer['price'] | null): CartCommand => ({
  do: 'changeQuantity',
  cartId,
  sku: 'MUG',
  quantity,
  unitPrice,
});
const removeMugs: CartCommand = { do: 'removeItem', cartId, sku: 'MUG' };
const abandon: CartCommand = { do: 'abandon', cartId, reason: 'idle' };

const offers: readonly [string, Offer | OfferRejection][] = [
  ['MUG', { sku: 'MUG', name: 'Mug', price: eur(900) }],
  ['TEA', { sku: 'TEA', name: 'Tea', price: eur(450) }],
];
const stock: readonly [string, number][] = [
  ['MUG', 2],
  ['TEA', 1],
];
const checkOut = (
  change: { orderId?: string; offers?: typeof offers; stock?: typeof stock } = {},
): Extract<CartCommand, { do: 'checkOut' }> => ({
  do: 'checkOut',
  cartId,
  orderId: change.orderId ?? 'o1',
  offers: new Map([...offers, ...(change.offers ?? [])]),
  available: new Map([...stock, ...(change.stock ?? [])]),
  paymentMethod: 'card',
  ...personal,
});

const { decider } = cart;
const filled = [opened, mugsAdded, teaAdded];

describe('A cart', () => {
  it('is opened, once, by one customer', () => {
    given(decider).when(open).then(opened);
    given(decider, opened).when(open).then();
    given(decider, opened)
      .when({ ...open, customerId: 'bob' })
      .thenRejected('CART_EXISTS', { path: 'cartId' });
  });

  it('takes items', () => {
    given(decider, opened).when(addMugs).then(mugsAdded);
  });
  it('takes more of an item, at the price of today', () => {
    const more: CartEvent = {
      type: 'CartItemAdded',
      data: { cartId, ...mugs, quantity: 1, unitPrice: eur(1000) },
    };
    given(decider, opened, mugsAdded)
      .when(addMugsAt(eur(1000), 1))
      .then(more);
    expect(fold(decider, [opened, mugsAdded, more])).toMatchObject({
      lines: [{ sku: 'MUG', quantity: 3, unitPrice: eur(1000) }],
    });
  });
  it('changes how many', () => {
    given(decider, ...filled)
      .when(changeMugs(3, null))
      .then(threeMugs);
    given(decider, ...filled)
      .when(changeMugs(3, eur(900)))
      .then(threeMugs);
    given(decider, ...filled, threeMugs)
      .when(changeMugs(3, eur(900)))
      .then();
  });
  it('takes on the price of today with it', () => {
    given(decider, ...filled)
      .when(changeMugs(2, eur(1000)))
      .then(mugsRemoved, { type: 'CartItemAdded', data: { cartId, ...mugs, unitPrice: eur(1000) } });
  });
  it('does not change what is not in it', () => {
    given(decider, opened)
      .when(changeMugs(3, null))
      .thenRejected('CART_ITEM_NOT_FOUND', { path: 'sku', detail: /MUG/ });
  });
  it('gives items back', () => {
    given(decider, ...filled)
      .when(removeMugs)
      .then(mugsRemoved);
    given(decider, ...filled, mugsRemoved)
      .when(removeMugs)
      .then();
  });

  it('holds no more kinds of items than an order takes', () => {
    const kinds = Array.from({ length: 200 }, (_, kind): CartEvent => ({
      type: 'CartItemAdded',
      data: { cartId, ...tea, sku: `TEA-${kind}` },
    }));
    given(decider, opened, ...kinds)
      .when(addMugs)
      .thenRejected('CART_FULL', { path: 'sku' });
    given(decider, opened, ...kinds.slice(1), mugsAdded)
      .when(addMugs)
      .then(mugsAdded);
  });
  it('takes nothing that is not for sale', () => {
    const offer = reject('PRODUCT_DISCONTINUED', 'Product MUG is discontinued for good.');
    given(decider, opened)
      .when({ do: 'addItem', cartId, sku: 'MUG', quantity: 1, offer })
      .thenRejected('PRODUCT_DISCONTINUED', { path: 'sku' });
  });
  it.each([0, -1, 1.5])('does not hold %p of anything', (quantity) => {
    const at = { path: 'quantity' };
    given(decider, opened)
      .when(addMugsAt(eur(900), quantity))
      .thenRejected('QUANTITY_INVALID', at);
    given(decider, ...filled)
      .when(changeMugs(quantity, null))
      .thenRejected('QUANTITY_INVALID', at);
  });
  it('is in one currency', () => {
    given(decider, opened, teaAdded)
      .when(addMugsAt(usd(900), 2))
      .thenRejected('CURRENCY_MISMATCH', { path: 'sku', detail: /EUR.*MUG.*USD/ });
    given(decider, ...filled)
      .when(changeMugs(1, usd(900)))
      .thenRejected('CURRENCY_MISMATCH', { path: 'sku' });
  });
  it('has a total that can be counted', () => {
    const at = { path: 'quantity' };
    const all = Number.MAX_SAFE_INTEGER;
    given(decider, ...filled)
      .when(changeMugs(all, null))
      .thenRejected('TOTAL_TOO_LARGE', at);
    given(decider, ...filled)
      .when(addMugsAt(eur(0), all))
      .thenRejected('TOTAL_TOO_LARGE', at);
  });

  it('is abandoned, once', () => {
    given(decider, ...filled)
      .when(abandon)
      .then(abandoned);
    given(decider, ...filled, abandoned)
      .when(abandon)
      .then();
  });
  it.each([open, addMugs, changeMugs(3, null), removeMugs, checkOut({ orderId: 'o2' })])(
    'is closed for good: $do',
    (command) => {
      given(decider, ...filled, abandoned)
        .when(command)
        .thenRejected('CART_CLOSED');
      given(decider, ...filled, checkedOut)
        .when(command)
        .thenRejected('CART_CLOSED', { detail: /o1/ });
    },
  );
  it('that was checked out is not abandoned', () => {
    given(decider, ...filled, checkedOut)
      .when(abandon)
      .thenRejected('CART_CLOSED');
  });
  it.each([addMugs, changeMugs(3, null), removeMugs, checkOut(), abandon])('must exist: $do', (command) => {
    given(decider).when(command).thenRejected('CART_NOT_FOUND', { detail: /c1/ });
  });
  it('makes nothing of facts that do not fit', () => {
    expect(fold(decider, [mugsAdded, threeMugs, mugsRemoved, checkedOut, abandoned])).toEqual({
      is: 'absent',
    });
    expect(fold(decider, [...filled, checkedOut, opened, mugsRemoved, abandoned])).toEqual({
      is: 'checkedOut',
      orderId: 'o1',
    });
    expect(fold(decider, [opened, threeMugs, mugsRemoved])).toEqual(fold(decider, [opened, opened]));
  });
});

describe('Checking out', () => {
  it('knew no personal data at first', () => {
    const { contact: _, shippingAddress: __, ...data } = checkedOut.data;
    const first = { ...sampleEvent('e'), type: 'CartCheckedOut', data };
    const stored = { ...first, stream: 'cart-c1', revision: 3, position: '1' as Position };
    const { type, version, data: read } = upcast(cartEvents, stored, 'The spec');
    expect({ type, version, data: read }).toStrictEqual({
      type: 'CartCheckedOut',
      version: 2,
      data: { ...data, contact: null, shippingAddress: null },
    });
  });
  it('freezes what is bought and for how much', () => {
    given(decider, ...filled)
      .when(checkOut())
      .then(checkedOut);
  });
  it('happens once', () => {
    given(decider, ...filled, checkedOut)
      .when(checkOut())
      .then();
  });
  it('needs something to buy', () => {
    given(decider, opened).when(checkOut()).thenRejected('CART_EMPTY');
  });
  it('is at the price that the customer saw', () => {
    given(decider, ...filled)
      .when(checkOut({ offers: [['MUG', { sku: 'MUG', name: 'Mug', price: eur(1000) }]] }))
      .thenRejected('PRICE_CHANGED', { detail: /MUG was 900 EUR.*1000 EUR/ });
  });
  it('goes through once the new price is accepted', () => {
    const dearer = { ...mugs, unitPrice: eur(1000) };
    given(decider, ...filled, mugsRemoved, { type: 'CartItemAdded', data: { cartId, ...dearer } })
      .when(checkOut({ offers: [['MUG', { sku: 'MUG', name: 'Mug', price: eur(1000) }]] }))
      .then({ ...checkedOut, data: { ...checkedOut.data, lines: [tea, dearer], total: eur(2450) } });
  });
  it.each(['UNKNOWN_SKU', 'PRODUCT_NOT_PUBLISHED', 'PRODUCT_DISCONTINUED'] as const)(
    'is only of what is for sale: %s',
    (code) => {
      given(decider, ...filled)
        .when(checkOut({ offers: [['TEA', reject(code, 'TEA is not for sale.')]] }))
        .thenRejected(code, { detail: /TEA/ });
    },
  );
  it('is only of products that there are', () => {
    given(decider, ...filled)
      .when({ ...checkOut(), offers: new Map() })
      .thenRejected('UNKNOWN_SKU', { detail: /MUG/ });
  });
  it('is only of what is in stock', () => {
    given(decider, ...filled)
      .when(checkOut({ stock: [['MUG', 1]] }))
      .thenRejected('OUT_OF_STOCK', { detail: /2 of MUG.*1 are available/ });
  });
});

describe('Whatever is put into a cart', () => {
  const skus = fc.constantFrom('A', 'B', 'C');
  const quantities = fc.integer({ min: 0, max: 9 });
  const prices = fc.integer({ min: 0, max: 1000 }).map(eur);
  const commands = fc.array(
    fc.oneof(
      fc.tuple(skus, quantities, prices).map(([sku, quantity, price]): CartCommand => ({
        do: 'addItem',
        cartId,
        sku,
        quantity,
        offer: { sku, name: sku, price },
      })),
      fc.tuple(skus, quantities, fc.option(prices)).map(([sku, quantity, unitPrice]): CartCommand => ({
        do: 'changeQuantity',
        cartId,
        sku,
        quantity,
        unitPrice,
      })),
      skus.map((sku): CartCommand => ({ do: 'removeItem', cartId, sku })),
    ),
  );

  it('comes out with a total that is the sum of its lines, each SKU once', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const state = all.reduce(
          (before, command) => {
            const decided = decider.decide(command, before);
            return isRejection(decided)
              ? before
              : decided.reduce((state, event) => decider.evolve(state, event), before);
          },
          fold(decider, [opened]),
        );
        if (state.is !== 'open') throw new Error('The cart was never closed.');
        const { lines } = state;
        const decided = decider.decide(
          {
            do: 'checkOut',
            cartId,
            orderId: 'o1',
            offers: new Map(lines.map(({ sku, name, unitPrice: price }) => [sku, { sku, name, price }])),
            available: new Map(lines.map(({ sku, quantity }) => [sku, quantity])),
            paymentMethod: null,
            ...personal,
          },
          state,
        );
        if (lines.length === 0) {
          expect(decided).toMatchObject({ code: 'CART_EMPTY' });
          return;
        }
        const total = lines.reduce(
          (sum, { unitPrice, quantity }) => sum + unitPrice.amountMinor * quantity,
          0,
        );
        const data = { cartId, customerId, orderId: 'o1', lines, total: eur(total), paymentMethod: null };
        expect(decided).toEqual([{ type: 'CartCheckedOut', data: { ...data, ...personal } }]);
        expect(new Set(lines.map(({ sku }) => sku)).size).toBe(lines.length);
      }),
    );
  });
});
