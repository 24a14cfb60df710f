import { createHash } from 'node:crypto';
import { readHistory } from './history-file.js';
import { isUnreadable, type Unreadable } from './history.js';
import { planLines } from './plan.js';

/** What the file says, or what the views say: the two sides that must be equal in the end. */
export interface Totals {
  orders: number;
  units: number;
  revenueMinor: number;
}

export interface Survey {
  /** Of the file's content. */
  readonly digest: string;
  /** Of the purchases that are to be placed. */
  readonly totals: Totals;
  /** Units needed by unit price, over the whole file: a receipt must be the same in every run, whatever the limit. */
  readonly stock: ReadonlyMap<number, number>;
  /** The unit prices that the purchases to be placed need. */
  readonly needed: ReadonlySet<number>;
  readonly unreadable: number;
}

/** Reads the whole file once before anything is sent. */
export const survey = async (
  file: string,
  decimals: number,
  limit: number,
  onUnreadable: (unreadable: Unreadable) => void,
): Promise<Survey> => {
  const hash = createHash('sha256');
  const totals: Totals = { orders: 0, units: 0, revenueMinor: 0 };
  const stock = new Map<number, number>();
  const needed = new Set<number>();
  let unreadable = 0;
  for await (const reading of readHistory(file, decimals, (bytes) => hash.update(bytes))) {
    if (isUnreadable(reading)) {
      unreadable += 1;
      onUnreadable(reading);
      continue;
    }
    const placed = totals.orders < limit;
    for (const { unitMinor, quantity } of planLines(reading)) {
      stock.set(unitMinor, (stock.get(unitMinor) ?? 0) + quantity);
      if (placed) needed.add(unitMinor);
    }
    if (placed) {
      totals.orders += 1;
      totals.units += reading.quantity;
      totals.revenueMinor += reading.amountMinor;
    }
  }
  return { digest: hash.digest('hex').slice(0, 32), totals, stock, needed, unreadable };
};
