import { openEmbedded } from '../adapters/embedded/index.js';
import { type Connection } from './connection.js';

const skus = Array.from({ length: 100 }, (_, index) => `SKU-${index}`);

/** A catalogue with more stock than will ever be ordered. */
export const stock = async (connection: Connection): Promise<void> => {
  for (const sku of skus) {
    const price = { amountMinor: 1_999, currency: 'EUR' };
    await connection.create('/api/products', { sku, name: `Item ${sku}`, price });
    await connection.create(`/api/products/${sku}/publish`, {});
    await connection.create(`/api/inventory/${sku}/receipts`, { quantity: 1_000_000_000 });
  }
};

export const newOrder = (index: number): object => ({
  customerId: `customer-${index % 1_000}`,
  items: [{ sku: skus[index % skus.length], quantity: 1 }],
});

/** Waits for that many confirmed orders in the store; gives when the last one was confirmed, in ms since 1970. */
export const confirmedAt = async (dataDir: string, count: number): Promise<number> => {
  const { eventStore, close } = openEmbedded({ dataDir });
  try {
    let missing = count;
    const filter = { types: ['OrderConfirmed'] };
    for await (const { events } of eventStore.subscribe({ from: 'start', filter })) {
      missing -= events.length;
      const last = events.at(-1);
      if (missing <= 0 && last !== undefined) return Date.parse(last.metadata.occurredAt);
    }
    throw new Error('The subscription ended early.');
  } finally {
    await close();
  }
};
