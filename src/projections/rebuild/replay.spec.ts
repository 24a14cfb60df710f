import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { type Lease, LeaseLost } from '../../ports/leases.js';
import { inventoryProjection, type StockLevel } from '../inventory/inventory.projection.js';
import { type Projection } from '../projection.js';
import { refold } from '../refold.js';
import { type Fact, history, on } from '../testing/history.js';
import { MemoryLeases, MemoryStore, MemoryView } from '../testing/in-memory.js';
import { Partition } from './partition.js';
import { replay, type ReplayEnd, type ReplayPorts } from './replay.js';

const lease: Lease = { name: 'projection:stock', owner: 'one', token: 1 };
const received = (sku: string, quantity = 1): Fact =>
  on(`inventory-${sku}`, { type: 'StockReceived', data: { sku, quantity, reference: null } });
const cartOpened = on('cart-k', { type: 'CartOpened', data: { cartId: 'k', customerId: 'ann' } });

const run = (
  events: readonly RecordedEvent[],
  view: MemoryView<StockLevel>,
  {
    partitions = 1,
    projection = inventoryProjection,
    most,
    ...more
  }: {
    partitions?: number;
    projection?: Projection<InventoryEvent, StockLevel>;
    /** Documents in memory, of a partition. */
    most?: number;
  } & Partial<Omit<ReplayPorts<InventoryEvent, StockLevel>, 'partitions'>> = {},
): Promise<ReplayEnd> =>
  replay(projection, {
    eventStore: new MemoryStore([...events]),
    view,
    lease,
    signal: new AbortController().signal,
    ...more,
    partitions: Array.from({ length: partitions }, () => new Partition(projection, view, lease, most)),
  });

describe('replay', () => {
  it('gives what the fold of all events gives, with any number of partitions, however often it breaks off', async () => {
    const fact = fc.oneof(
      fc
        .tuple(fc.constantFrom('tea', 'cup', 'pot', 'jar', 'Grüße'), fc.integer({ min: 1, max: 9 }))
        .map(([sku, quantity]) => received(sku, quantity)),
      fc.constant(cartOpened),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fact, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.option(fc.nat(3)), { maxLength: 5 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        async (facts, partitions, breaks, mostEvents, batchSize, most) => {
          const events = history(...facts);
          const view = new MemoryView<StockLevel>();
          view.breaks = [...breaks];
          view.slow = true;
          let end: ReplayEnd | undefined;
          while (end?.is !== 'caught up') {
            end = await run(events, view, { partitions, mostEvents, batchSize, most }).catch(() => undefined);
          }
          expect(view.content).toStrictEqual(refold(inventoryProjection, events));
          expect(view.reached).toBe(events.at(-1)?.position);
        },
      ),
    );
  });

  it('writes a document once, whose events stand close together', async () => {
    const events = history(...Array.from({ length: 500 }, () => received('tea')), received('cup'));
    const view = new MemoryView<StockLevel>();
    const told: [Position, number][] = [];
    const end = await run(events, view, { onProgress: (...reading) => told.push(reading) });
    expect(end).toStrictEqual({ is: 'caught up' });
    // The documents, and the checkpoint.
    expect(view.written).toBe(2);
    expect(told).toStrictEqual([
      [events[255]?.position, 256],
      [events.at(-1)?.position, 501],
    ]);
  });

  it('stops at an event that it cannot apply, and a mended projection goes on from there', async () => {
    const events = history(received('tea', 3), received('cup', 13), received('tea', 4));
    const superstitious: Projection<InventoryEvent, StockLevel> = {
      ...inventoryProjection,
      evolve: (doc, event) => {
        if (event.type === 'StockReceived' && event.data.quantity === 13) throw new Error('thirteen');
        return inventoryProjection.evolve(doc, event);
      },
    };
    const view = new MemoryView<StockLevel>();
    const end = await run(events, view, { projection: superstitious, partitions: 3 });
    expect(end).toStrictEqual({
      is: 'poisoned',
      poison: {
        message: 'thirteen',
        eventId: 'e1',
        type: 'StockReceived',
        stream: 'inventory-cup',
        revision: 0,
        position: events[1]?.position,
        documentId: 'cup',
      },
    });
    expect(view.reached).toBeUndefined();
    expect(await run(events, view)).toStrictEqual({ is: 'caught up' });
    expect(view.content).toStrictEqual(refold(inventoryProjection, events));
  });

  it('stops at an event that it does not know, without a word about a document', async () => {
    const events = history(received('tea'), on('inventory-tea', { type: 'StockBlessed', data: {} }));
    const end = await run(events, new MemoryView<StockLevel>());
    expect(end).toMatchObject({ is: 'poisoned', poison: { type: 'StockBlessed', documentId: null } });
  });

  it('writes nothing more once its lease has passed on', async () => {
    const leases = new MemoryLeases();
    const view = new MemoryView<StockLevel>(leases);
    await expect(run(history(received('tea')), view)).rejects.toThrow(LeaseLost);
    expect([view.docs.size, view.reached]).toStrictEqual([0, undefined]);
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    stop.abort();
    const view = new MemoryView<StockLevel>();
    expect(await run(history(received('tea')), view, { signal: stop.signal })).toStrictEqual({
      is: 'stopped',
    });
  });
});
