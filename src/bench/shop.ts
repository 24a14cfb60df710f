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

/** Waits for that many events of the type in the store; gives when the last one happened, in ms since 1970. */
export const happenedAt = async (dataDir: string, type: string, count: number): Promise<number> => {
  const { eventStore, close } = openEmbedded({ dataDir });
  try {
    let missing = count;
    const filter = { types: [type] };
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

/** Requests a second; every client sends the next one when the one before is answered. */
export const sendAll = async (
  connections: readonly Connection[],
  count: number,
  request: (index: number) => (connection: Connection) => Promise<unknown>,
): Promise<number> => {
  const start = performance.now();
  let next = 0;
  const send = async (connection: Connection): Promise<void> => {
    while (next < count) await request(next++)(connection);
  };
  await Promise.all(connections.map(send));
  return (count * 1_000) / (performance.now() - start);
};
