import { describe, expect, it } from '@jest/globals';
import { type RecordedEvent } from '../kernel/envelope.js';
import { inventoryProjection, type StockLevel } from './inventory/inventory.projection.js';
import { refold } from './refold.js';
import { ProjectionRunner } from './runner.js';
import { eventually } from './testing/eventually.js';
import { history, on } from './testing/history.js';
import { MemoryLeases, MemoryStore, MemoryView } from './testing/in-memory.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const received = on('inventory-tea', {
  type: 'StockReceived',
  data: { sku: 'tea', quantity: 1, reference: null },
});
const lease = 'projection:stock';

const site = (events: readonly RecordedEvent[], ttlMs: number) => {
  const leases = new MemoryLeases();
  const store = new MemoryStore([...events]);
  const view = new MemoryView<StockLevel>(leases);
  const start = (owner: string) =>
    new ProjectionRunner(inventoryProjection, 'stock', {
      eventStore: store,
      view,
      logger: silent,
      leases,
      owner,
      ttlMs,
    }).start();
  return { leases, store, view, start };
};

describe('runner under a lease', () => {
  const events = history(received, received, received);

  it('stands by while another one runs, and takes over when that one stops', async () => {
    const { store, view, start } = site(events.slice(0, 2), 20);
    const first = start('first');
    await eventually(() => first.status.state === 'live');
    const second = start('second');
    await eventually(() => second.status.state === 'standby');
    await first.stop();
    await eventually(() => second.status.state === 'live');
    store.commit(...events.slice(2));
    await eventually(() => view.reached === events.at(-1)?.position);
    await second.stop();
    expect([first.status.eventsApplied, second.status.eventsApplied]).toStrictEqual([2, 1]);
    expect(view.content).toStrictEqual(refold(inventoryProjection, events));
  });

  it('writes nothing more once its lease has run out unnoticed', async () => {
    const { leases, view, start } = site(events, 60_000);
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    view.gate = gate;
    const first = start('first');
    await eventually(() => view.waiting === 1);
    leases.runOut(lease);
    const thief = await leases.acquire(lease, 'thief');
    open(undefined);
    await eventually(() => first.status.state === 'standby');
    expect([view.docs.size, view.reached, first.status.restarts]).toStrictEqual([0, undefined, 0]);
    expect(thief && leases.isHeld(thief)).toBe(true);
    await first.stop();
  });

  it('goes back to standing by when its lease cannot be renewed, until it gets it again', async () => {
    const { leases, view, start } = site(events, 20);
    const running = start('first');
    await eventually(() => running.status.state === 'live');
    leases.runOut(lease);
    const thief = await leases.acquire(lease, 'thief');
    await eventually(() => running.status.state === 'standby');
    if (thief) await leases.release(thief);
    await eventually(() => running.status.state === 'live');
    await running.stop();
    expect(view.content).toStrictEqual(refold(inventoryProjection, events));
  });
});
