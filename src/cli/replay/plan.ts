import { type Purchase } from './history.js';

/** So many units at one price. */
export interface PlannedLine {
  readonly unitMinor: number;
  readonly quantity: number;
}

/**
 * The order lines of a purchase. An amount that does not divide by the quantity is spread over two prices that
 * are one minor unit apart, so that the total is exact.
 */
export const planLines = ({
  quantity,
  amountMinor,
}: Pick<Purchase, 'quantity' | 'amountMinor'>): readonly PlannedLine[] => {
  const dearer = amountMinor % quantity;
  const unitMinor = (amountMinor - dearer) / quantity;
  const base = { unitMinor, quantity: quantity - dearer };
  return dearer === 0 ? [base] : [base, { unitMinor: unitMinor + 1, quantity: dearer }];
};

/** Histories in different currencies can live in one system, so the currency is part of the name. */
export const skuOf = (unitMinor: number, currency: string): string => `UNIT-${currency}-${unitMinor}`;

/** Keys that are the same in every run with the same file: what was sent before is recognised, not done again. */
export const keysOf = (digest: string) => ({
  // Products are shared by all files.
  product: (sku: string) => `replay-product-${sku}`,
  publication: (sku: string) => `replay-publish-${sku}`,
  receipt: (sku: string) => `replay-${digest}-receipt-${sku}`,
  order: (line: number) => `replay-${digest}-line-${line}`,
});
