import { productCategory, type ProductEvent, productEvents } from '../../domains/catalog/contract.js';
import { inventoryCategory, type InventoryEvent, inventoryEvents } from '../../domains/inventory/contract.js';
import { type OrderLine } from '../../domains/order/contract.js';
import { streamOf } from '../../kernel/ids.js';
import { type Money, times } from '../../kernel/money.js';
import { type Append, type Cause, type Pen } from './pen.js';
import { type Random } from './random.js';

interface Shelf {
  readonly sku: string;
  readonly name: string;
  readonly price: Money;
  /** Units on hand and not reserved. */
  available: number;
  revision: number;
}

/** The product's number says which. */
const currencies = ['EUR', 'EUR', 'EUR', 'USD', 'GBP'] as const;
const adjectives = ['Stoneware', 'Linen', 'Walnut', 'Enamel', 'Woollen', 'Copper', 'Glass'] as const;
const things = ['mug', 'tea towel', 'tray', 'kettle', 'blanket', 'lamp', 'vase', 'bowl', 'clock'] as const;
const mostLines = 3;
const mostUnits = 3;
const mostDelivered = 200;

/** The products and what can be had of each: as much of the stock as it takes to write its events. */
export class Shop {
  private readonly shelves: readonly Shelf[];
  private readonly bySku: ReadonlyMap<string, Shelf>;

  /** @param products a multiple of the number of currencies */
  constructor(
    private readonly pen: Pen,
    private readonly random: Random,
    products: number,
  ) {
    this.shelves = Array.from({ length: products }, (_, index) => ({
      sku: `SKU-${String(index + 1).padStart(5, '0')}`,
      name: `${adjectives[index % adjectives.length] ?? ''} ${things[index % things.length] ?? ''} ${index + 1}`,
      price: { amountMinor: 199 + random.below(20_000), currency: this.currencyOf(index) },
      available: 0,
      revision: -1,
    }));
    this.bySku = new Map(this.shelves.map((shelf) => [shelf.sku, shelf]));
  }

  /** The products are published and the shelves filled. */
  *open(): Generator<Append, void, undefined> {
    for (const { sku, name, price } of this.shelves) {
      const facts: readonly ProductEvent[] = [
        { type: 'ProductAdded', data: { sku, name, description: `${name}, made by hand`, price } },
        { type: 'ProductPublished', data: { sku } },
      ];
      const stream = streamOf(productCategory, sku);
      yield this.pen.write({ stream, after: -1, facts, versions: productEvents, actor: 'api' });
      yield this.deliver(sku);
    }
  }

  /** A few lines in one currency. Some products are far more popular than others. */
  basket(): readonly OrderLine[] {
    const { random, shelves } = this;
    const first = Math.floor((random.below(shelves.length) * random.below(shelves.length)) / shelves.length);
    const lines = new Map<string, OrderLine>();
    const count = 1 + Math.min(random.below(mostLines), random.below(mostLines));
    for (let index = first; lines.size < count; index += currencies.length * random.below(shelves.length)) {
      const shelf = shelves[index % shelves.length];
      if (shelf === undefined) continue;
      const { sku, name, price: unitPrice } = shelf;
      const quantity = 1 + random.below(mostUnits);
      lines.set(sku, { sku, name, quantity, unitPrice, lineTotal: times(unitPrice, quantity) });
    }
    return [...lines.values()];
  }

  availableOf(sku: string): number {
    return this.shelf(sku).available;
  }

  deliver(sku: string): Append {
    const quantity = 1 + this.random.below(mostDelivered);
    return this.write({ type: 'StockReceived', data: { sku, quantity, reference: null } }, 'api');
  }

  write(fact: InventoryEvent, actor: string, cause?: Cause): Append {
    const shelf = this.shelf(fact.data.sku);
    const stream = streamOf(inventoryCategory, shelf.sku);
    const { revision: after } = shelf;
    shelf.available += gained(fact);
    shelf.revision += 1;
    return this.pen.write({ stream, after, facts: [fact], versions: inventoryEvents, actor, cause });
  }

  private shelf(sku: string): Shelf {
    const shelf = this.bySku.get(sku);
    if (shelf === undefined) throw new RangeError(`There is no product ${sku}.`);
    return shelf;
  }

  private currencyOf(index: number): string {
    return currencies[index % currencies.length] ?? 'EUR';
  }
}

/** Units that can be had more than before. */
const gained = ({ type, data }: InventoryEvent): number => {
  switch (type) {
    case 'StockReceived':
    case 'StockReleased':
    case 'StockReservationExpired':
      return data.quantity;
    case 'StockAdjusted':
      return data.delta;
    case 'StockReserved':
      return -data.quantity;
    case 'StockReservationRefused':
    case 'StockCommitted':
      return 0;
  }
};
