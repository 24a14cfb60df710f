import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { type DomainEvent } from '../kernel/decider.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { money } from '../kernel/money.js';
import { InvalidCursor, type View } from '../ports/views.js';
import { allProjections } from './all.js';
import { catalogProjection } from './catalog/catalog.projection.js';
import { catalogEntry, type CatalogSearch, searchCatalog } from './catalog/catalog.query.js';
import { ViewProgress } from './consistency.js';
import { deadlinesProjection } from './deadlines/deadlines.projection.js';
import { dueDeadlines } from './deadlines/deadlines.query.js';
import { inventoryProjection } from './inventory/inventory.projection.js';
import { stockLevel } from './inventory/inventory.query.js';
import { orderStatusProjection } from './order-status/order-status.projection.js';
import { findOrders, orderDocument } from './order-status/order-status.query.js';
import { type AnyProjection, type Projection, viewIn } from './projection.js';
import { refold } from './refold.js';
import { ProjectionRunner } from './runner.js';
import { eventually } from './testing/eventually.js';
import { type Fact, history, instant, on } from './testing/history.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const product = (sku: string, name: string, description: string | null, price: number): readonly Fact[] => [
  on(`product-${sku}`, { type: 'ProductAdded', data: { sku, name, priceMinor: price, currency: 'EUR' } }),
  on(`product-${sku}`, { type: 'ProductDetailsChanged', data: { sku, name, description } }),
  on(`product-${sku}`, { type: 'ProductPublished', data: { sku } }),
];

const order = (orderId: string, customerId: string, second: number): readonly Fact[] => {
  const line = { sku: 'tea', name: 'Tea', quantity: 1, unitPrice: money(300, 'EUR') };
  const data = { orderId, customerId, total: money(300, 'EUR'), paymentId: null, paymentMethod: 'card' };
  return [
    on(`order-${orderId}`, {
      type: 'OrderPlaced',
      data: {
        ...data,
        cartId: null,
        lines: [{ ...line, lineTotal: line.unitPrice }],
        placedAt: instant(second),
        contact: null,
        shippingAddress: null,
      },
    }),
    on(`fulfilment-${orderId}`, {
      type: 'ReservationRequested',
      data: { ...data, lines: [{ sku: 'tea', quantity: 1 }], expiresAt: instant(second + 900) },
    }),
  ];
};

const received = (sku: string, quantity: number): Fact =>
  on(`inventory-${sku}`, { type: 'StockReceived', data: { sku, quantity, reference: null } });

const shop = [
  received('tea', 9),
  received('nothing', 1),
  ...product('tea', 'Tea', 'Black', 300),
  ...product('cup', 'Cup', 'For TEA', 550),
  ...product('pot', 'Pot', null, 1900),
  ...product('spoon', 'Spoon', null, 100),
  on('product-spoon', { type: 'ProductUnpublished', data: { sku: 'spoon' } }),
  ...order('o1', 'ann', 1),
  ...order('o2', 'bob', 2),
  ...order('o3', 'ann', 3),
  ...order('o4', 'ann', 4),
  on('fulfilment-o2', { type: 'ConfirmationRequested', data: { orderId: 'o2' } }),
  on('cart-k', { type: 'CartOpened', data: { cartId: 'k', customerId: 'ann' } }),
  on('payment-p', {
    type: 'PaymentRequested',
    data: { paymentId: 'p', orderId: 'o1', customerId: 'ann', amount: money(300, 'EUR'), method: 'card' },
  }),
];

describe('views on the embedded engine', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  const running: ProjectionRunner<DomainEvent, object>[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'projections-'));
    engine = openEmbedded({ dataDir });
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((runner) => runner.stop()));
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const open = <Event extends DomainEvent, Doc extends object>(
    projection: Projection<Event, Doc>,
  ): View<Doc> => engine.views.open<Doc>(viewIn(projection, projection.name));

  const start = (projection: AnyProjection, owner = 'one', ttlMs = 60_000) => {
    const { eventStore, leases } = engine;
    const view = open(projection);
    const ports = { eventStore, view, logger: silent, leases, owner, ttlMs };
    const runner = new ProjectionRunner(projection, projection.name, ports).start();
    running.push(runner);
    return runner;
  };

  /** Commits the facts and gives all events there are. */
  const commit = async (facts: readonly Fact[]): Promise<readonly RecordedEvent[]> => {
    for (const { stream, ...event } of history(...facts)) {
      await engine.eventStore.append(stream, 'any', [event]);
    }
    const all: RecordedEvent[] = [];
    for await (const { events, caughtUp } of engine.eventStore.subscribe({ from: 'start' })) {
      all.push(...events);
      if (caughtUp) break;
    }
    return all;
  };

  const isWritten = async (projection: AnyProjection): Promise<boolean> => {
    const head = await engine.eventStore.head();
    return head !== undefined && new ViewProgress(open(projection)).waitUntil(head, 50_000);
  };

  const contentOf = async (projection: AnyProjection): Promise<ReadonlyMap<string, object>> => {
    const { items } = await open(projection).find({ limit: 500 });
    return new Map(items.map(({ id, doc }) => [id, doc]));
  };

  it('each hold what the fold of all events gives', async () => {
    const events = await commit(shop);
    for (const { projection } of allProjections) {
      start(projection);
      expect(await isWritten(projection)).toBe(true);
      expect(await contentOf(projection)).toStrictEqual(refold(projection, events));
    }
  });

  it('are handed over from one runner to the next while events are committed', async () => {
    const events = Array.from({ length: 40 }, (_, index) => received('tea', index + 1));
    const first = start(inventoryProjection, 'first', 20);
    await eventually(() => first.status.state === 'live');
    const second = start(inventoryProjection, 'second', 20);
    await eventually(() => second.status.state === 'standby');
    const [all] = await Promise.all([commit(events), first.stop()]);
    expect(await isWritten(inventoryProjection)).toBe(true);
    await eventually(() => second.status.state === 'live');
    expect(first.status.eventsApplied + second.status.eventsApplied).toBe(40);
    expect(await contentOf(inventoryProjection)).toStrictEqual(refold(inventoryProjection, all));
  });

  it('answer the searches of the catalog', async () => {
    await commit(shop);
    start(catalogProjection);
    await isWritten(catalogProjection);
    const view = open(catalogProjection);
    const skus = async (search: Partial<CatalogSearch>) =>
      (await searchCatalog(view, { limit: 10, ...search })).items.map(({ sku }) => sku);
    expect(await skus({})).toStrictEqual(['cup', 'pot', 'tea']);
    expect(await skus({ direction: 'descending' })).toStrictEqual(['tea', 'pot', 'cup']);
    expect(await skus({ sort: 'price' })).toStrictEqual(['tea', 'cup', 'pot']);
    expect(await skus({ text: 'tea' })).toStrictEqual(['cup', 'tea']);
    expect(await skus({ minPrice: 300, maxPrice: 550 })).toStrictEqual(['cup', 'tea']);

    const first = await searchCatalog(view, { limit: 2, sort: 'price', direction: 'descending' });
    const cursor = first.nextCursor ?? undefined;
    const second = await searchCatalog(view, { limit: 2, sort: 'price', direction: 'descending', cursor });
    expect([...first.items, ...second.items].map(({ sku }) => sku)).toStrictEqual(['pot', 'cup', 'tea']);
    expect(second.nextCursor).toBeNull();
    await expect(searchCatalog(view, { limit: 2, cursor: 'nonsense' })).rejects.toThrow(InvalidCursor);

    expect(await catalogEntry(view, 'spoon')).toMatchObject({ sku: 'spoon', status: 'unpublished' });
    expect(await catalogEntry(view, 'nothing')).toBeUndefined();
  });

  it('list orders, the newest first, and deadlines, the oldest first', async () => {
    await commit(shop);
    start(orderStatusProjection);
    start(deadlinesProjection);
    await isWritten(orderStatusProjection);
    await isWritten(deadlinesProjection);
    const orders = open(orderStatusProjection);
    const page = await findOrders(orders, { customerId: 'ann', limit: 2 });
    const rest = await findOrders(orders, {
      customerId: 'ann',
      limit: 2,
      cursor: page.nextCursor ?? undefined,
    });
    expect([page, rest].map(({ items }) => items.map(({ orderId }) => orderId))).toStrictEqual([
      ['o4', 'o3'],
      ['o1'],
    ]);
    expect((await findOrders(orders, { limit: 10 })).items).toHaveLength(4);
    expect((await orderDocument(orders, 'o2'))?.order).toMatchObject({ orderId: 'o2', customerId: 'bob' });

    const deadlines = open(deadlinesProjection);
    const first = { orderId: 'o1', dueAt: instant(901), causationId: 'e16', correlationId: 'c' };
    const second = { orderId: 'o3', dueAt: instant(903), causationId: 'e20', correlationId: 'c' };
    expect(await dueDeadlines(deadlines, instant(903), 10)).toStrictEqual([first, second]);
    expect(await dueDeadlines(deadlines, instant(999), 1)).toStrictEqual([first]);
  });

  it('list the stock by SKU', async () => {
    await commit(shop);
    start(inventoryProjection);
    await isWritten(inventoryProjection);
    const view = open(inventoryProjection);
    const tea = { sku: 'tea', onHand: 9, reserved: 0, available: 9, committed: 0, revision: 0 };
    expect(await stockLevel(view, 'tea')).toStrictEqual(tea);
    expect((await view.find({ limit: 10 })).items.map(({ doc }) => doc.sku)).toStrictEqual([
      'nothing',
      'tea',
    ]);
  });
});
