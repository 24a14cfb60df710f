import { randomUUID } from 'node:crypto';
import { openEmbedded } from '../adapters/embedded/index.js';
import { type NewEvent } from '../kernel/envelope.js';
import { type Figures, inFreshFolder, rateOf } from './measure.js';

export const writers = 256;

/** What everything else is compared with: single events on new streams, as many as group commit takes. */
export const rawAppend = (seconds: number): Promise<Figures> =>
  inFreshFolder(async (dataDir) => {
    const { eventStore, close } = openEmbedded({ dataDir });
    let count = 0;
    const rawAppends = await rateOf(writers, seconds, () => {
      const sku = `SKU-${(count += 1)}`;
      return eventStore.append(`inventory-${sku}`, 'absent', [stockReceived(sku)]);
    });
    await close();
    return { rawAppends };
  });

/** The event that the executor benchmarks append, about 300 bytes of data and metadata. */
export const stockReceived = (sku: string): NewEvent => {
  const commandId = randomUUID();
  return {
    id: randomUUID(),
    type: 'StockReceived',
    version: 1,
    data: { sku, quantity: 1, reference: 'a delivery of the benchmark' },
    metadata: {
      correlationId: commandId,
      causationId: commandId,
      commandId,
      actor: 'bench',
      occurredAt: new Date().toISOString(),
    },
  };
};
