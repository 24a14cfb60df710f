import { type Sealed } from '../../../kernel/sealed.js';

/** Whom to tell how the order fares. */
export interface Contact {
  readonly name: string;
  readonly email: string;
}

export interface ShippingAddress {
  /** null: the contact's. */
  readonly name: string | null;
  readonly line1: string;
  readonly line2: string | null;
  readonly postalCode: string;
  readonly city: string;
  readonly region: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

/** An order's personal data as it is stored: JSON, sealed under the key of the order's customer. */
export interface SealedPersonalData {
  readonly contact: Sealed | null;
  readonly shippingAddress: Sealed | null;
}

/** What the order's personal data is sealed as. */
export const contactOf = (orderId: string): string => `order-${orderId}/contact`;
export const shippingAddressOf = (orderId: string): string => `order-${orderId}/shipping-address`;
