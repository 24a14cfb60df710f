import { type EventVersions } from '../../../kernel/decider.js';
import { type Money } from '../../../kernel/money.js';

/** The facts of one product, in stream `product-<sku>`. */
export type ProductEvent =
  | {
      type: 'ProductAdded';
      data: { sku: string; name: string; description: string | null; price: Money | null };
    }
  | { type: 'ProductPublished'; data: { sku: string } }
  | { type: 'ProductUnpublished'; data: { sku: string } }
  | { type: 'ProductPriceChanged'; data: { sku: string; price: Money; previous: Money | null } }
  | { type: 'ProductDetailsChanged'; data: { sku: string; name: string; description: string | null } }
  | { type: 'ProductDiscontinued'; data: { sku: string } };

/** Version 1 knew neither a description nor a product without a price. */
interface ProductAddedV1 {
  sku: string;
  name: string;
  priceMinor: number;
  currency: string;
}

export const productCategory = 'product';

export const productEvents: EventVersions<ProductEvent> = {
  ProductAdded: {
    current: 2,
    upcasters: {
      1: ({ sku, name, priceMinor, currency }: ProductAddedV1) => ({
        sku,
        name,
        description: null,
        price: { amountMinor: priceMinor, currency },
      }),
    },
  },
  ProductPublished: { current: 1 },
  ProductUnpublished: { current: 1 },
  ProductPriceChanged: { current: 1 },
  ProductDetailsChanged: { current: 1 },
  ProductDiscontinued: { current: 1 },
};
