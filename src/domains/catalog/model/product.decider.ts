import { type Aggregate } from '../../../kernel/decider.js';
import { type Money, sameMoney } from '../../../kernel/money.js';
import { reject, type Rejection } from '../../../kernel/rejection.js';
import { productCategory, type ProductEvent, productEvents } from './product.events.js';

export type ProductCommand =
  | { do: 'add'; sku: string; name: string; description: string | null; price: Money | null }
  | { do: 'publish'; sku: string }
  | { do: 'unpublish'; sku: string }
  | { do: 'changePrice'; sku: string; price: Money }
  | { do: 'changeDetails'; sku: string; name: string; description: string | null }
  | { do: 'discontinue'; sku: string };

interface Details {
  readonly sku: string;
  readonly name: string;
  readonly description: string | null;
}

export type ProductState =
  | { readonly is: 'absent' }
  | (Details & { readonly is: 'draft' | 'unpublished' | 'discontinued'; readonly price: Money | null })
  | (Details & { readonly is: 'published'; readonly price: Money });

export type ProductRejection = Rejection<
  'PRODUCT_NOT_FOUND' | 'PRODUCT_EXISTS' | 'PRODUCT_HAS_NO_PRICE' | 'PRODUCT_DISCONTINUED' | 'PRICE_INVALID'
>;

const decide = (command: ProductCommand, state: ProductState): readonly ProductEvent[] | ProductRejection => {
  const { sku } = command;
  if ('price' in command && command.price !== null && !isPrice(command.price)) {
    return reject(
      'PRICE_INVALID',
      `${command.price.amountMinor} is no price: it must be 0 or more.`,
      'price',
    );
  }
  if (state.is === 'absent') {
    if (command.do !== 'add') return reject('PRODUCT_NOT_FOUND', `There is no product ${sku}.`);
    const { name, description, price } = command;
    return [{ type: 'ProductAdded', data: { sku, name, description, price } }];
  }
  if (state.is === 'discontinued') {
    return command.do === 'discontinue'
      ? []
      : reject('PRODUCT_DISCONTINUED', `Product ${sku} is discontinued for good.`);
  }
  switch (command.do) {
    case 'add':
      return sameDetails(command, state) && samePrice(command.price, state.price)
        ? []
        : reject('PRODUCT_EXISTS', `There is another product ${sku}, named ${state.name}.`, 'sku');
    case 'publish':
      if (state.is === 'published') return [];
      return state.price === null
        ? reject('PRODUCT_HAS_NO_PRICE', `Product ${sku} needs a price before it can be published.`)
        : [{ type: 'ProductPublished', data: { sku } }];
    case 'unpublish':
      return state.is === 'published' ? [{ type: 'ProductUnpublished', data: { sku } }] : [];
    case 'changePrice':
      return samePrice(command.price, state.price)
        ? []
        : [{ type: 'ProductPriceChanged', data: { sku, price: command.price, previous: state.price } }];
    case 'changeDetails': {
      const { name, description } = command;
      return sameDetails(command, state)
        ? []
        : [{ type: 'ProductDetailsChanged', data: { sku, name, description } }];
    }
    case 'discontinue':
      return [{ type: 'ProductDiscontinued', data: { sku } }];
  }
};

const evolve = (state: ProductState, event: ProductEvent): ProductState => {
  if (event.type === 'ProductAdded') return state.is === 'absent' ? { is: 'draft', ...event.data } : state;
  if (state.is === 'absent') return state;
  switch (event.type) {
    case 'ProductPublished':
      return state.is !== 'discontinued' && state.price !== null
        ? { ...state, is: 'published', price: state.price }
        : state;
    case 'ProductUnpublished':
      return state.is === 'published' ? { ...state, is: 'unpublished' } : state;
    case 'ProductPriceChanged':
      return { ...state, price: event.data.price };
    case 'ProductDetailsChanged':
      return { ...state, name: event.data.name, description: event.data.description };
    case 'ProductDiscontinued':
      return { ...state, is: 'discontinued' };
  }
};

export const product: Aggregate<ProductCommand, ProductEvent, ProductState, ProductRejection> = {
  category: productCategory,
  events: productEvents,
  decider: { initial: { is: 'absent' }, decide, evolve },
};

/** What the product sells for right now. */
export interface Offer {
  readonly sku: string;
  readonly name: string;
  readonly price: Money;
}

export type OfferRejection = Rejection<'UNKNOWN_SKU' | 'PRODUCT_NOT_PUBLISHED' | 'PRODUCT_DISCONTINUED'>;

export const offerOf = (state: ProductState, sku: string): Offer | OfferRejection => {
  switch (state.is) {
    case 'absent':
      return reject('UNKNOWN_SKU', `There is no product ${sku}.`);
    case 'draft':
    case 'unpublished':
      return reject('PRODUCT_NOT_PUBLISHED', `Product ${sku} is not for sale at present.`);
    case 'discontinued':
      return reject('PRODUCT_DISCONTINUED', `Product ${sku} is discontinued for good.`);
    case 'published':
      return { sku, name: state.name, price: state.price };
  }
};

const isPrice = ({ amountMinor }: Money): boolean => Number.isSafeInteger(amountMinor) && amountMinor >= 0;

const samePrice = (a: Money | null, b: Money | null): boolean =>
  a === null || b === null ? a === b : sameMoney(a, b);

const sameDetails = (a: Omit<Details, 'sku'>, b: Omit<Details, 'sku'>): boolean =>
  a.name === b.name && a.description === b.description;
