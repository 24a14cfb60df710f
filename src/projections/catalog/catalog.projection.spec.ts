import { describe, expect, it } from '@jest/globals';
import { type ProductEvent } from '../../domains/catalog/contract.js';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { UnknownEvent } from '../../kernel/envelope.js';
import { refold } from '../refold.js';
import { type Fact, history, on } from '../testing/history.js';
import { catalogProjection } from './catalog.projection.js';

const product = (event: ProductEvent): Fact => on('product-lamp', event);
const stock = (event: InventoryEvent): Fact => on('inventory-lamp', event);

const sku = 'lamp';
const added = on('product-lamp', {
  type: 'ProductAdded',
  data: { sku, name: 'Lamp', priceMinor: 1999, currency: 'EUR' },
});
const reservation = { sku, reservationId: 'r', orderId: 'r', quantity: 2 };

const entryAfter = (...facts: readonly Fact[]) => refold(catalogProjection, history(...facts)).get(sku);

describe('catalog', () => {
  it('reads products of version 1 too', () => {
    expect(entryAfter(added)).toStrictEqual({
      sku,
      name: 'Lamp',
      description: null,
      price: { amountMinor: 1999, currency: 'EUR' },
      status: 'draft',
      available: 0,
      revision: 0,
    });
  });

  it('follows the product', () => {
    const price = { amountMinor: 500, currency: 'EUR' };
    const facts = [
      added,
      product({
        type: 'ProductPriceChanged',
        data: { sku, price, previous: { amountMinor: 1999, currency: 'EUR' } },
      }),
      product({ type: 'ProductDetailsChanged', data: { sku, name: 'Big lamp', description: 'Bright' } }),
      product({ type: 'ProductPublished', data: { sku } }),
      product({ type: 'ProductUnpublished', data: { sku } }),
      product({ type: 'ProductDiscontinued', data: { sku } }),
    ];
    const entry = { sku, name: 'Big lamp', description: 'Bright', price, available: 0 };
    expect(entryAfter(...facts.slice(0, 4))).toStrictEqual({ ...entry, status: 'published', revision: 3 });
    expect(entryAfter(...facts.slice(0, 5))).toStrictEqual({ ...entry, status: 'unpublished', revision: 4 });
    expect(entryAfter(...facts)).toStrictEqual({ ...entry, status: 'discontinued', revision: 5 });
  });

  it('knows what is available, from before the product was added', () => {
    const facts = [
      stock({ type: 'StockReceived', data: { sku, quantity: 10, reference: null } }),
      stock({ type: 'StockReserved', data: { ...reservation, expiresAt: '' } }),
      added,
      stock({ type: 'StockReservationRefused', data: { ...reservation, available: 1 } }),
      stock({ type: 'StockCommitted', data: { ...reservation, shipmentId: null } }),
      stock({ type: 'StockReserved', data: { ...reservation, expiresAt: '' } }),
      stock({ type: 'StockReleased', data: reservation }),
      stock({ type: 'StockReserved', data: { ...reservation, expiresAt: '' } }),
      stock({ type: 'StockReservationExpired', data: reservation }),
      stock({ type: 'StockAdjusted', data: { sku, delta: -3, reason: 'broken' } }),
    ];
    const available = facts.map((_, index) => entryAfter(...facts.slice(0, index + 1))?.available);
    expect(available).toStrictEqual([10, 8, 8, 8, 8, 6, 8, 6, 8, 5]);
    expect(entryAfter(...facts.slice(0, 2))).toStrictEqual({
      sku,
      name: '',
      description: null,
      price: null,
      status: 'draft',
      available: 8,
      revision: -1,
    });
    expect(entryAfter(...facts)?.revision).toBe(0);
  });

  it('stops at an event that it does not know', () => {
    const unheardOf = on('product-lamp', { type: 'ProductPainted', data: { sku } });
    expect(() => entryAfter(added, unheardOf)).toThrow(UnknownEvent);
  });
});
