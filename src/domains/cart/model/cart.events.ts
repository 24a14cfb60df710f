import { type EventVersions } from '../../../kernel/decider.js';
import { type Money } from '../../../kernel/money.js';

/** `unitPrice` is a snapshot of the product's price when the line was last priced. */
export interface CartLine {
  sku: string;
  name: string;
  quantity: number;
  unitPrice: Money;
}

/** The facts of one cart, in stream `cart-<cartId>`. */
export type CartEvent =
  | { type: 'CartOpened'; data: { cartId: string; customerId: string } }
  | { type: 'CartItemAdded'; data: { cartId: string } & CartLine }
  | { type: 'CartItemQuantityChanged'; data: { cartId: string; sku: string; quantity: number } }
  | { type: 'CartItemRemoved'; data: { cartId: string; sku: string } }
  | {
      type: 'CartCheckedOut';
      data: {
        cartId: string;
        customerId: string;
        orderId: string;
        lines: readonly CartLine[];
        total: Money;
        paymentMethod: string | null;
      };
    }
  | { type: 'CartAbandoned'; data: { cartId: string; reason: string } };

export const cartCategory = 'cart';

export const cartEvents: EventVersions<CartEvent> = {
  CartOpened: { current: 1 },
  CartItemAdded: { current: 1 },
  CartItemQuantityChanged: { current: 1 },
  CartItemRemoved: { current: 1 },
  CartCheckedOut: { current: 1 },
  CartAbandoned: { current: 1 },
};
