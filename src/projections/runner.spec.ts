import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type InventoryEvent } from '../domains/inventory/contract.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { type Logger } from '../ports/logger.js';
import { deadlinesProjection } from './deadlines/deadlines.projection.js';
import { inventoryProjection, type StockLevel } from './inventory/inventory.projection.js';
import { type Projection } from './projection.js';
import { refold } from './refold.js';
import { ProjectionRunner, type RunnerPorts } from './runner.js';
import { eventually } from './testing/eventually.js';
import { type Fact, history, instant, on } from './testing/history.js';
import { MemoryLeases, MemoryStore, MemoryView } from './testing/in-memory.js';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const leadership = () => ({
  leases: new MemoryLeases(),
  owner: 'one',
  ttlMs: 60_000,
  logger: silent,
  backOffMs: { first: 0, most: 0 },
});

const received = (sku: string, quantity = 1): Fact =>
  on(`inventory-${sku}`, { type: 'StockReceived', data: { sku, quantity, reference: null } });
const cartOpened = on('cart-k', { type: 'CartOpened', data: { cartId: 'k', customerId: 'ann' } });

const runner = (
  ports: Pick<RunnerPorts<StockLevel>, 'eventStore' | 'view'> & Partial<RunnerPorts<StockLevel>>,
) => new ProjectionRunner(inventoryProjection, 'stock', { ...leadership(), ...ports }).start();

const nth = (events: readonly RecordedEvent[], index: number): RecordedEvent => {
  const event = events.at(index);
  if (event === undefined) throw new RangeError(`There is no event ${index}.`);
  return event;
};

describe('runner', () => {
  it('goes on from the checkpoint of the runner before', async () => {
    const events = history(received('tea', 3), received('cup'), received('tea', 4), received('cup', 5));
    const store = new MemoryStore(events.slice(0, 2));
    const view = new MemoryView<StockLevel>();
    const before = runner({ eventStore: store, view });
    await eventually(() => before.status.position === nth(events, 1).position);
    await before.stop();
    expect(before.status).toStrictEqual({
      name: 'inventory',
      version: 1,
      storage: 'stock',
      state: 'stopped',
      position: nth(events, 1).position,
      eventsApplied: 2,
      restarts: 0,
    });

    store.commit(...events.slice(2));
    const after = runner({ eventStore: store, view });
    await eventually(() => after.status.position === nth(events, 3).position);
    expect(after.status).toMatchObject({ state: 'live', eventsApplied: 2 });
    expect(view.content).toStrictEqual(refold(inventoryProjection, events));
    await after.stop();
  });

  it('applies nothing twice when the checkpoint of a killed runner is behind the documents', async () => {
    const events = history(received('tea', 3), received('cup'), received('tea', 4));
    const view = new MemoryView<StockLevel>();
    const store = new MemoryStore([...events]);
    const before = runner({ eventStore: store, view });
    await eventually(() => before.status.state === 'live' && view.reached === nth(events, 2).position);
    await before.stop();

    view.reached = nth(events, 0).position;
    const after = runner({ eventStore: store, view });
    await eventually(() => view.reached === nth(events, 2).position);
    await after.stop();
    expect(after.status.eventsApplied).toBe(0);
    expect(view.content).toStrictEqual(refold(inventoryProjection, events));
  });

  it('restarts from the checkpoint when a write breaks off', async () => {
    const events = history(received('tea', 3), received('cup'), received('tea', 4));
    const view = new MemoryView<StockLevel>();
    view.breaks = [1, 0];
    const running = runner({ eventStore: new MemoryStore([...events]), view });
    await eventually(() => running.status.position === nth(events, 2).position);
    await running.stop();
    expect(running.status.restarts).toBe(2);
    expect(view.content).toStrictEqual(refold(inventoryProjection, events));
  });

  it('counts a fault after a success as the first again', async () => {
    const events = history(received('tea'), received('tea'), received('tea'));
    const faults: object[] = [];
    const logger: Logger = { ...silent, error: (fields) => faults.push(fields) };
    const view = new MemoryView<StockLevel>();
    view.breaks = [0, 0, null, 0];
    const running = runner({ eventStore: new MemoryStore([...events]), view, batchSize: 1, logger });
    await eventually(() => running.status.position === nth(events, 2).position);
    await running.stop();
    expect(faults).toMatchObject([{ faults: 1 }, { faults: 2 }, { faults: 1 }]);
  });

  it('equals the fold of all events, however they are batched and whatever writes break off', async () => {
    const sku = fc.constantFrom('tea', 'cup', 'pot');
    const orderId = fc.constantFrom('a', 'b');
    const fact = fc.oneof(
      fc.tuple(sku, fc.nat(9)).map(([item, quantity]) => received(item, quantity)),
      orderId.map((id) =>
        on(`fulfilment-${id}`, {
          type: 'ReservationRequested',
          data: { orderId: id, expiresAt: instant(900) },
        }),
      ),
      fc.tuple(orderId, fc.nat(1800)).map(([id, second]) =>
        on(`fulfilment-${id}`, {
          type: 'AuthorisationRequested',
          data: { orderId: id, timesOutAt: instant(second) },
        }),
      ),
      orderId.map((id) => on(`fulfilment-${id}`, { type: 'FulfilmentAbandoned', data: { orderId: id } })),
      fc.constant(cartOpened),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fact, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.option(fc.nat(3)), { maxLength: 6 }),
        async (facts, batchSize, breaks) => {
          const events = history(...facts);
          const eventStore = new MemoryStore([...events]);
          const stock = new MemoryView<StockLevel>();
          const due = new MemoryView<{ orderId: string; dueAt: string }>();
          stock.breaks = [...breaks];
          due.breaks = [...breaks];
          const ports = { ...leadership(), eventStore, batchSize };
          const running = [
            new ProjectionRunner(inventoryProjection, 'stock', { ...ports, view: stock }).start(),
            new ProjectionRunner(deadlinesProjection, 'due', { ...ports, view: due }).start(),
          ];
          const { position } = nth(events, -1);
          await eventually(() => running.every(({ status }) => status.position === position));
          await Promise.all(running.map((one) => one.stop()));
          expect(stock.content).toStrictEqual(refold(inventoryProjection, events));
          expect(due.content).toStrictEqual(refold(deadlinesProjection, events));
        },
      ),
    );
  });

  it('stops at an event that it cannot apply, names it, and a mended projection goes on from there', async () => {
    const events = history(received('tea', 3), received('cup', 13), received('tea', 4));
    const superstitious: Projection<InventoryEvent, StockLevel> = {
      ...inventoryProjection,
      evolve: (doc, event) => {
        if (event.type === 'StockReceived' && event.data.quantity === 13) throw new Error('thirteen');
        return inventoryProjection.evolve(doc, event);
      },
    };
    const errors: object[] = [];
    const logger: Logger = { ...silent, error: (fields) => errors.push(fields) };
    const leases = new MemoryLeases();
    const eventStore = new MemoryStore([...events]);
    const ports = { eventStore, view: new MemoryView<StockLevel>(), leases, batchSize: 1 };
    const stuck = new ProjectionRunner(superstitious, 'stock', { ...leadership(), ...ports, logger }).start();
    await eventually(() => stuck.status.state === 'failed');
    const failure = {
      message: 'thirteen',
      eventId: 'e1',
      type: 'StockReceived',
      stream: 'inventory-cup',
      revision: 0,
      position: nth(events, 1).position,
      documentId: 'cup',
    };
    expect(stuck.status).toMatchObject({ position: nth(events, 0).position, restarts: 0 });
    expect(stuck.status.error).toStrictEqual(failure);
    expect(errors).toStrictEqual([{ projection: 'stock', failure }]);
    expect(ports.view.content).toStrictEqual(refold(inventoryProjection, events.slice(0, 1)));

    // It has let go of its lease and asks for nothing more.
    await eventually(() => !leases.isHeld({ name: 'projection:inventory_v1', owner: 'one', token: 1 }));
    await stuck.stop();
    expect([stuck.status.state, ports.eventStore.asked]).toStrictEqual(['failed', 2]);
    const mended = runner(ports);
    await eventually(() => mended.status.position === nth(events, 2).position);
    await mended.stop();
    expect(ports.view.content).toStrictEqual(refold(inventoryProjection, events));
  });

  it('stops at an event of an unknown type, with nothing written when it is the first', async () => {
    const events = history(
      on('inventory-tea', { type: 'StockBlessed', data: { sku: 'tea' } }),
      received('tea'),
    );
    const view = new MemoryView<StockLevel>();
    const stuck = runner({ eventStore: new MemoryStore([...events]), view });
    await eventually(() => stuck.status.state === 'failed');
    expect(stuck.status).toMatchObject({
      position: undefined,
      eventsApplied: 0,
      error: { type: 'StockBlessed', eventId: 'e0', documentId: null },
    });
    expect(stuck.status.error?.message).toMatch(/does not know event StockBlessed version 1/);
    expect([view.reached, view.docs.size]).toStrictEqual([undefined, 0]);
    await stuck.stop();
  });

  it('asks for no more than it has written, and finishes the batch in hand when it is stopped', async () => {
    const events = history(received('tea'), received('tea'), received('tea'), received('tea'));
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    const store = new MemoryStore([...events]);
    const view = new MemoryView<StockLevel>();
    view.gate = gate;
    const running = runner({ eventStore: store, view, batchSize: 2 });
    await eventually(() => view.waiting === 1);
    const stopped = running.stop();
    expect(store.asked).toBe(1);
    open(undefined);
    await stopped;
    expect([view.reached, store.asked]).toStrictEqual([nth(events, 1).position, 1]);
    expect(view.content).toStrictEqual(refold(inventoryProjection, events.slice(0, 2)));
  });

  it('follows the head past events that it does not read, without a write for each', async () => {
    const foreign = history(...Array.from({ length: 90 }, () => cartOpened));
    const view = new MemoryView<StockLevel>();
    const running = runner({ eventStore: new MemoryStore([...foreign]), view, batchSize: 1 });
    const told: string[] = [];
    running.onAdvance((position) => told.push(position));
    await eventually(() => view.reached === nth(foreign, -1).position);
    await running.stop();
    expect([view.docs.size, told]).toStrictEqual([0, foreign.map(({ position }) => position)]);
    // One as a rule; more when this machine stands still in between.
    expect(view.written).toBeLessThan(foreign.length / 2);
  });

  it('starts again when the checkpoint of what changed nothing cannot be written', async () => {
    const foreign = history(cartOpened);
    const view = new MemoryView<StockLevel>();
    view.breaks = [0];
    const running = runner({ eventStore: new MemoryStore([...foreign]), view });
    await eventually(() => view.reached === nth(foreign, -1).position);
    expect(running.status.restarts).toBe(1);
    await running.stop();
  });

  it('is live at once when there is nothing to catch up with', async () => {
    const running = runner({ eventStore: new MemoryStore(), view: new MemoryView<StockLevel>() });
    await eventually(() => running.status.state === 'live');
    await running.stop();
  });
});
