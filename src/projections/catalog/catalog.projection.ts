import { productCategory, type ProductEvent, productEvents } from '../../domains/catalog/contract.js';
import { inventoryCategory, type InventoryEvent, inventoryEvents } from '../../domains/inventory/contract.js';
import { type Money } from '../../kernel/money.js';
import { type Projection } from '../projection.js';

export interface CatalogEntry {
  readonly sku: string;
  readonly name: string;
  readonly description: string | null;
  readonly price: Money | null;
  readonly status: 'draft' | 'published' | 'unpublished' | 'discontinued';
  /** Units on hand and not reserved. */
  readonly available: number;
  /** Of the product's stream; -1 while there is stock but no product yet. */
  readonly revision: number;
}

/** Stock may come before its product is added. */
const withoutProduct = (sku: string): CatalogEntry => ({
  sku,
  name: '',
  description: null,
  price: null,
  status: 'draft',
  available: 0,
  revision: -1,
});

export const catalogProjection: Projection<ProductEvent | InventoryEvent, CatalogEntry> = {
  name: 'catalog',
  version: 1,
  reads: { [productCategory]: productEvents, [inventoryCategory]: inventoryEvents },
  indexes: [
    ['status', 'name'],
    ['status', 'price.amountMinor'],
  ],
  key: ({ data }) => data.sku,
  evolve: (doc, event) => {
    const entry = doc ?? withoutProduct(event.data.sku);
    const { revision } = event;
    switch (event.type) {
      case 'ProductAdded': {
        const { name, description, price } = event.data;
        return { ...entry, name, description, price, revision };
      }
      case 'ProductPublished':
        return { ...entry, status: 'published', revision };
      case 'ProductUnpublished':
        return { ...entry, status: 'unpublished', revision };
      case 'ProductPriceChanged':
        return { ...entry, price: event.data.price, revision };
      case 'ProductDetailsChanged':
        return { ...entry, name: event.data.name, description: event.data.description, revision };
      case 'ProductDiscontinued':
        return { ...entry, status: 'discontinued', revision };
      case 'StockReceived':
      case 'StockReleased':
      case 'StockReservationExpired':
        return { ...entry, available: entry.available + event.data.quantity };
      case 'StockAdjusted':
        return { ...entry, available: entry.available + event.data.delta };
      case 'StockReserved':
        return { ...entry, available: entry.available - event.data.quantity };
      case 'StockReservationRefused':
      case 'StockCommitted':
        return doc;
    }
  },
};
