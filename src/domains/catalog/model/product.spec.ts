import { describe, expect, it } from '@jest/globals';
import { fold } from '../../../kernel/decider.js';
import { type Position, type RecordedEvent, UnknownEvent, upcast } from '../../../kernel/envelope.js';
import { given } from '../../../testing/given-when-then.js';
import { offerOf, product } from './product.decider.js';
import { type ProductEvent, productEvents } from './product.events.js';

const sku = 'MUG';
const price = { amountMinor: 900, currency: 'EUR' };
const dearer = { amountMinor: 1100, currency: 'EUR' };
const details = { sku, name: 'Mug', description: 'Holds tea' };

const added: ProductEvent = { type: 'ProductAdded', data: { ...details, price } };
const addedUnpriced: ProductEvent = { type: 'ProductAdded', data: { ...details, price: null } };
const published: ProductEvent = { type: 'ProductPublished', data: { sku } };
const unpublished: ProductEvent = { type: 'ProductUnpublished', data: { sku } };
const discontinued: ProductEvent = { type: 'ProductDiscontinued', data: { sku } };
const repriced: ProductEvent = {
  type: 'ProductPriceChanged',
  data: { sku, price: dearer, previous: price },
};

const { decider } = product;

describe('A product', () => {
  it('is added with a price', () => {
    given(decider)
      .when({ do: 'add', ...details, price })
      .then(added);
  });
  it('is added without one', () => {
    given(decider)
      .when({ do: 'add', ...details, price: null })
      .then(addedUnpriced);
  });
  it('is added once', () => {
    given(decider, added)
      .when({ do: 'add', ...details, price })
      .then();
    given(decider, addedUnpriced)
      .when({ do: 'add', ...details, price: null })
      .then();
  });
  it('is not added over another one', () => {
    given(decider, added)
      .when({ do: 'add', ...details, name: 'Cup', price })
      .thenRejected('PRODUCT_EXISTS', { path: 'sku', detail: /MUG.*Mug/ });
    given(decider, added)
      .when({ do: 'add', ...details, price: null })
      .thenRejected('PRODUCT_EXISTS', { path: 'sku' });
  });

  it('is published', () => {
    given(decider, added).when({ do: 'publish', sku }).then(published);
  });
  it('is published once', () => {
    given(decider, added, published).when({ do: 'publish', sku }).then();
  });
  it('is not published without a price', () => {
    given(decider, addedUnpriced).when({ do: 'publish', sku }).thenRejected('PRODUCT_HAS_NO_PRICE');
  });
  it('is unpublished and published again', () => {
    given(decider, added, published).when({ do: 'unpublish', sku }).then(unpublished);
    given(decider, added, published, unpublished).when({ do: 'publish', sku }).then(published);
  });
  it('is unpublished once', () => {
    given(decider, added, published, unpublished).when({ do: 'unpublish', sku }).then();
    given(decider, added).when({ do: 'unpublish', sku }).then();
  });

  it('changes its price', () => {
    given(decider, added, published).when({ do: 'changePrice', sku, price: dearer }).then(repriced);
    given(decider, addedUnpriced)
      .when({ do: 'changePrice', sku, price })
      .then({ type: 'ProductPriceChanged', data: { sku, price, previous: null } });
  });
  it('keeps the price it has', () => {
    given(decider, added, repriced).when({ do: 'changePrice', sku, price: dearer }).then();
  });
  it('may be given away', () => {
    const free = { amountMinor: 0, currency: 'EUR' };
    given(decider, added)
      .when({ do: 'changePrice', sku, price: free })
      .then({ type: 'ProductPriceChanged', data: { sku, price: free, previous: price } });
  });
  it.each([-1, 0.5, Number.MAX_SAFE_INTEGER + 1])('never costs %p', (amountMinor) => {
    const wrong = { amountMinor, currency: 'EUR' };
    const at = { path: 'price' };
    given(decider, added).when({ do: 'changePrice', sku, price: wrong }).thenRejected('PRICE_INVALID', at);
    given(decider)
      .when({ do: 'add', ...details, price: wrong })
      .thenRejected('PRICE_INVALID', at);
  });

  it('changes its details', () => {
    given(decider, added)
      .when({ do: 'changeDetails', sku, name: 'Cup', description: null })
      .then({ type: 'ProductDetailsChanged', data: { sku, name: 'Cup', description: null } });
  });
  it('keeps the details it has', () => {
    given(decider, added)
      .when({ do: 'changeDetails', ...details })
      .then();
  });

  it('is discontinued, for sale or not', () => {
    given(decider, added).when({ do: 'discontinue', sku }).then(discontinued);
    given(decider, added, published).when({ do: 'discontinue', sku }).then(discontinued);
  });
  it('is discontinued once', () => {
    given(decider, added, discontinued).when({ do: 'discontinue', sku }).then();
  });
  it.each([
    { do: 'add' as const, ...details, price },
    { do: 'publish' as const, sku },
    { do: 'unpublish' as const, sku },
    { do: 'changePrice' as const, sku, price: dearer },
    { do: 'changeDetails' as const, sku, name: 'Cup', description: null },
  ])('stays discontinued: $do', (command) => {
    given(decider, added, published, discontinued).when(command).thenRejected('PRODUCT_DISCONTINUED');
  });

  it.each([
    { do: 'publish' as const, sku },
    { do: 'unpublish' as const, sku },
    { do: 'changePrice' as const, sku, price },
    { do: 'changeDetails' as const, ...details },
    { do: 'discontinue' as const, sku },
  ])('must exist: $do', (command) => {
    given(decider).when(command).thenRejected('PRODUCT_NOT_FOUND', { detail: /MUG/ });
  });

  it('makes nothing of facts that do not fit', () => {
    const facts = [published, unpublished, repriced, discontinued];
    expect(fold(decider, facts)).toEqual({ is: 'absent' });
    expect(fold(decider, [addedUnpriced, published])).toEqual(fold(decider, [addedUnpriced]));
    expect(fold(decider, [added, discontinued, published, added]).is).toBe('discontinued');
  });
});

describe('The offer', () => {
  const offer = (...facts: ProductEvent[]) => offerOf(fold(decider, facts), sku);

  it('is the published name and price', () => {
    expect(offer(added, published, repriced)).toEqual({ sku, name: 'Mug', price: dearer });
  });
  it.each<[string, ProductEvent[]]>([
    ['UNKNOWN_SKU', []],
    ['PRODUCT_NOT_PUBLISHED', [added]],
    ['PRODUCT_NOT_PUBLISHED', [added, published, unpublished]],
    ['PRODUCT_DISCONTINUED', [added, published, discontinued]],
  ])('or why there is none: %s', (code, facts) => {
    expect(offer(...facts)).toMatchObject({ rejected: true, code });
  });
});

describe('Stored product events', () => {
  const stored = (type: string, version: number, data: object): RecordedEvent => ({
    id: 'event-1',
    type,
    version,
    data,
    stream: `product-${sku}`,
    revision: 0,
    position: '0001' as Position, // opaque: only an adapter makes real ones
    metadata: {
      correlationId: 'c',
      causationId: 'c',
      commandId: 'c',
      actor: 'test',
      occurredAt: '2026-01-01T00:00:00.000Z',
    },
  });

  it('of version 1 read as of today', () => {
    const v1 = stored('ProductAdded', 1, { sku, name: 'Mug', priceMinor: 900, currency: 'EUR' });
    const today = upcast(productEvents, v1, 'product');
    expect(today).toEqual(stored('ProductAdded', 2, { sku, name: 'Mug', description: null, price }));
    expect(fold(decider, [today, published])).toMatchObject({ is: 'published', price });
  });
  it.each([stored('ProductEaten', 1, {}), stored('ProductAdded', 3, {}), stored('ProductAdded', 0, {})])(
    'that nobody knows have a named error: $type version $version',
    (event) => {
      expect(() => upcast(productEvents, event, 'product')).toThrow(UnknownEvent);
    },
  );
});
