import { type EventVersions } from '../../../kernel/decider.js';
import { type Money } from '../../../kernel/money.js';
import { type SealedPersonalData } from '../../order/contract.js';

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
        /** Sealed for the order that the cart becomes. */
      } & SealedPersonalData;
    }
  | { type: 'CartAbandoned'; data: { cartId: string; reason: string } };

/** Version 1 knew no personal data. */
type CartCheckedOutV1 = Omit<
  Extract<CartEvent, { type: 'CartCheckedOut' }>['data'],
  keyof SealedPersonalData
>;

export const cartCategory = 'cart';

export const cartEvents: EventVersions<CartEvent> = {
  CartOpened: { current: 1 },
  CartItemAdded: { current: 1 },
  CartItemQuantityChanged: { current: 1 },
  CartItemRemoved: { current: 1 },
  CartCheckedOut: {
    current: 2,
    upcasters: { 1: (data: CartCheckedOutV1) => ({ ...data, contact: null, shippingAddress: null }) },
  },
  CartAbandoned: { current: 1 },
};
