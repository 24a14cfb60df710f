import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Change, type Stored } from '../../ports/views.js';
import { keyed } from '../fold.js';
import { inventoryProjection, type StockLevel } from '../inventory/inventory.projection.js';
import { refold } from '../refold.js';
import { history, on } from '../testing/history.js';
import { MemoryView } from '../testing/in-memory.js';
import { Partition } from './partition.js';

/** Answers when a few others have had their turn: a read with what was there when it was asked for. */
class LateView extends MemoryView<StockLevel> {
  constructor(private readonly turns: () => number) {
    super();
  }

  override async getMany(ids: readonly string[]): Promise<readonly Stored<StockLevel>[]> {
    const found = await super.getMany(ids);
    await this.late();
    return found;
  }

  override async write(changes: readonly Change<StockLevel>[]): Promise<void> {
    await this.late();
    await super.write(changes, null);
  }

  private async late(): Promise<void> {
    for (let left = this.turns(); left > 0; left -= 1) await turn();
  }
}

it('A partition gives the fold of all events, however its reads and writes overlap with what it is asked for', async () => {
  const step = fc.record({
    sku: fc.constantFrom('tea', 'cup', 'pot', 'jar', 'mug'),
    /** Before the next events are handed over. */
    pause: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 60 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, delays, most) => {
        let asked = 0;
        const view = new LateView(() => delays[(asked += 1) % delays.length] ?? 0);
        const partition = new Partition(
          inventoryProjection,
          view,
          { name: 'projection:stock', owner: 'one', token: 1 },
          most,
        );
        const events = history(
          ...steps.map(({ sku }, index) =>
            on(`inventory-${sku}`, {
              type: 'StockReceived',
              data: { sku, quantity: 1 + index, reference: null },
            }),
          ),
        );
        const underWay: Promise<unknown>[] = [];
        for (const [index, event] of events.entries()) {
          underWay.push(partition.apply(keyed(inventoryProjection, [event]).keyed));
          for (let left = steps[index]?.pause ?? 0; left > 0; left -= 1) await turn();
          if (underWay.length > 4) await underWay.shift();
        }
        await Promise.all(underWay);
        await partition.flush();
        expect(view.content).toStrictEqual(refold(inventoryProjection, events));
      },
    ),
    { numRuns: 300 },
  );
});
