import { Inject, Injectable } from '@nestjs/common';
import { AggregateReader } from '../../execution/aggregate-reader.js';
import { EVENT_STORE } from '../../execution/tokens.js';
import { type EventStore } from '../../ports/event-store.js';
import {
  type Offer,
  offerOf,
  type OfferRejection,
  product,
  type ProductEvent,
  type ProductState,
} from '../catalog/contract.js';
import { availableOf, inventory, type InventoryEvent, type InventoryState } from '../inventory/contract.js';

/** What the cart needs to know of other services, read from their streams as they are now. */
@Injectable()
export class Shelves {
  private readonly products: AggregateReader<ProductEvent, ProductState>;
  private readonly inventories: AggregateReader<InventoryEvent, InventoryState>;

  constructor(@Inject(EVENT_STORE) store: EventStore) {
    this.products = new AggregateReader(product, store);
    this.inventories = new AggregateReader(inventory, store);
  }

  async offer(sku: string): Promise<Offer | OfferRejection> {
    return offerOf((await this.products.load(sku)).state, sku);
  }

  async available(sku: string): Promise<number> {
    return availableOf((await this.inventories.load(sku)).state);
  }
}
