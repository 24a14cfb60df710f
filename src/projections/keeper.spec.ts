import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { systemClock } from '../adapters/embedded/system-clock.js';
import { isRejection } from '../kernel/rejection.js';
import { type Position, type RecordedEvent } from '../kernel/envelope.js';
import { type DomainEvent } from '../kernel/decider.js';
import { type Logger } from '../ports/logger.js';
import { until } from '../testing/until.js';
import { services } from '../app/config.js';
import { projectionsOf } from './all.js';
import { consistencyToken } from './consistency.js';
import { inventoryProjection, type StockLevel } from './inventory/inventory.projection.js';
import { paymentsProjection } from './payments/payments.projection.js';
import { ProjectionKeeper } from './keeper.js';
import { type AnyProjection, type Projection } from './projection.js';
import { type DeskRefusal, ProjectionDesk, type ViewStatus } from './rebuild/desk.js';
import { type BuildWork, LocalWork } from './rebuild/work.js';
import { refold } from './refold.js';
import { InvalidConsistencyToken, ServingViews, ViewBehind, ViewUnbuilt } from './serving-views.js';
import { type Fact, history, on } from './testing/history.js';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const received = (sku: string, quantity = 1): Fact =>
  on(`inventory-${sku}`, { type: 'StockReceived', data: { sku, quantity, reference: null } });

type Inventory = Projection<DomainEvent, StockLevel>;

/** The same events make other documents of it. */
const inStock = (version: number, extra: Partial<Record<keyof StockLevel | 'note', unknown>>): Inventory => ({
  ...(inventoryProjection as unknown as Inventory),
  version,
  evolve: (doc, event) => ({
    ...((inventoryProjection as unknown as Inventory).evolve(doc, event) as StockLevel),
    ...(extra as object),
  }),
});

const superstitious: Inventory = {
  ...(inventoryProjection as unknown as Inventory),
  evolve: (doc, event) => {
    if ('quantity' in event.data && event.data.quantity === 13) throw new Error('thirteen');
    return (inventoryProjection as unknown as Inventory).evolve(doc, event);
  },
};

describe('the keeper of the views', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let desk: ProjectionDesk;
  let events: readonly RecordedEvent[] = [];
  const keepers: ProjectionKeeper[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'keeper-'));
    engine = openEmbedded({ dataDir });
    desk = new ProjectionDesk({ ...engine, clock: systemClock }, projectionsOf(services));
    events = [];
  });

  afterEach(async () => {
    await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const keep = (
    projections: readonly AnyProjection[] = [inventoryProjection],
    { owner = 'one', ttlMs = 60_000, work }: { owner?: string; ttlMs?: number; work?: BuildWork } = {},
  ): ProjectionKeeper => {
    const keeper = new ProjectionKeeper(projections, {
      ...engine,
      owner,
      ttlMs,
      logger: silent,
      clock: systemClock,
      parallel: 1,
      workFor: (projection) => work ?? new LocalWork(projection, engine),
    }).start();
    keepers.push(keeper);
    return keeper;
  };

  const stop = async (keeper: ProjectionKeeper): Promise<void> => {
    keepers.splice(keepers.indexOf(keeper), 1);
    await keeper.stop();
  };

  let committed = 0;
  const commit = async (...facts: readonly Fact[]): Promise<Position> => {
    let position = '' as Position;
    for (const { stream, ...event } of history(...facts)) {
      committed += 1;
      ({ position } = await engine.eventStore.append(stream, 'any', [{ ...event, id: `fact ${committed}` }]));
    }
    const all: RecordedEvent[] = [];
    for await (const delivery of engine.eventStore.subscribe({ from: 'start' })) {
      all.push(...delivery.events);
      if (delivery.caughtUp) break;
    }
    events = all;
    return position;
  };

  const status = async (): Promise<ViewStatus> => accepted(await desk.one('inventory'));
  const accepted = (outcome: ViewStatus | DeskRefusal): ViewStatus => {
    if (isRejection(outcome)) throw new Error(outcome.detail);
    return outcome;
  };
  const untilPhase = (phase: ViewStatus['phase'], generation?: number) =>
    until(`phase ${phase}`, async () => {
      const now = await status();
      const current = now.build?.number ?? now.serving?.number;
      return now.phase === phase && (generation === undefined || current === generation) ? now : undefined;
    });

  const views = (timeoutMs = 5_000) =>
    new ServingViews(engine.eventStore, engine.views, engine.generations, timeoutMs);
  const content = async (projection: Inventory = inventoryProjection) => {
    const head = await engine.eventStore.head();
    const token = head === undefined ? undefined : consistencyToken(head);
    const view = await views().upTo(projection, token);
    const { items } = await view.find({ limit: 500 });
    return new Map(items.map(({ id, doc }) => [id, doc]));
  };

  it('builds a view that has never been, and serves it when it is whole', async () => {
    await commit(received('tea', 3), received('cup'), received('tea', 4));
    keep();
    expect(await untilPhase('serving')).toMatchObject({
      name: 'inventory',
      version: 1,
      serving: { number: 1, version: 1, storage: 'inventory_v1_g1', reached: 1, owner: 'one' },
      former: [],
      build: null,
    });
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    await commit(received('jar'));
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
  });

  /** Generation 2 serves, and nobody keeps either. */
  const twoGenerations = async (): Promise<void> => {
    await commit(received('tea', 3));
    const keeper = keep();
    await untilPhase('serving', 1);
    accepted(await desk.rebuild('inventory'));
    await untilPhase('serving', 2);
    await stop(keeper);
  };

  it('says of a view that was never built that it is not, and of one that is behind that it is', async () => {
    const position = await commit(received('tea'));
    await expect(views(20).upTo(inventoryProjection, consistencyToken(position))).rejects.toThrow(
      ViewUnbuilt,
    );
    await expect(views(20).upTo(inventoryProjection, undefined)).rejects.toThrow(ViewUnbuilt);
    const keeper = keep();
    await untilPhase('serving');
    await stop(keeper);
    const later = await commit(received('tea'));
    await expect(views(20).upTo(inventoryProjection, consistencyToken(later))).rejects.toThrow(ViewBehind);
    expect(await views(20).upTo(inventoryProjection, consistencyToken(position))).toBeDefined();
    const never = consistencyToken('~' as Position);
    await expect(views(20).upTo(inventoryProjection, never)).rejects.toThrow(InvalidConsistencyToken);
  });

  it('rebuilds beside the serving generation, switches when both are equal, and goes back', async () => {
    await commit(received('tea', 3), received('cup'));
    keep();
    await untilPhase('serving', 1);
    accepted(await desk.rebuild('inventory'));
    expect(await desk.rebuild('inventory')).toMatchObject({ code: 'REBUILD_IN_PROGRESS' });
    const after = await untilPhase('serving', 2);
    expect(after).toMatchObject({
      serving: { number: 2, storage: 'inventory_v1_g2' },
      former: [{ number: 1 }],
      comparison: { documents: { serving: 2, built: 2 }, equal: 2, missing: 0, extra: 0, changed: 0 },
    });
    await commit(received('jar'));
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    expect(accepted(await desk.rollback('inventory'))).toMatchObject({
      serving: { number: 1 },
      former: [{ number: 2 }],
    });
    await commit(received('pot'));
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    expect(accepted(await desk.prune('inventory'))).toMatchObject({ serving: { number: 1 }, former: [] });
    expect(await engine.views.names()).toStrictEqual(['inventory_v1_g1']);
    expect(await desk.rollback('inventory')).toMatchObject({ code: 'NO_FORMER_GENERATION' });
  });

  it('shows after a switch at once what the generation before may have shown', async () => {
    await twoGenerations();
    let asked = 0;
    const head = (): Promise<Position | undefined> => {
      // Until now nobody has written to the former generation, which serves.
      if ((asked += 1) === 1) keep();
      return engine.eventStore.head();
    };
    const queries = new ServingViews({ head }, engine.views, engine.generations, 10_000);
    await queries.upTo(inventoryProjection, undefined);
    await commit(received('jar'));
    accepted(await desk.rollback('inventory'));
    const view = await until('an answer of the other generation', async () => {
      const answer = await queries.upTo(inventoryProjection, undefined);
      return asked > 0 ? answer : undefined;
    });
    expect(await view.get('jar')).toBeDefined();
  });

  it('shows, however long after a switch, what a slow answer of the generation before has shown', async () => {
    await twoGenerations();
    const started = performance.now.bind(performance);
    let laterMs = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => started() + laterMs);
    const queries = new ServingViews(engine.eventStore, engine.views, engine.generations, 10_000);
    const former = await queries.upTo(inventoryProjection, undefined);
    accepted(await desk.rollback('inventory'));
    laterMs = 60_000;
    await queries.upTo(inventoryProjection, undefined);
    // Long after the switch the generation before, which is followed too, has got further than the one that serves.
    laterMs = 120_000;
    const position = await commit(received('jar'));
    const before = engine.views.open<object>({ name: 'inventory_v1_g2', indexes: [] });
    await before.write([{ id: 'jar', position, doc: { sku: 'jar' } }], null);
    expect(await former.get('jar')).toBeDefined();
    const next = queries.upTo(inventoryProjection, undefined);
    keep();
    expect(await (await next).get('jar')).toBeDefined();
    clock.mockRestore();
  });

  it('leaves a generation that differs to the operator', async () => {
    await commit(received('tea', 3), received('cup'));
    keep();
    await untilPhase('serving', 1);
    const serving = engine.views.open<object>({ name: 'inventory_v1_g1', indexes: [] });
    const tampered = { sku: 'cup', onHand: 99 };
    await serving.write([{ id: 'cup', position: '99999999999999999999' as Position, doc: tampered }], null);
    accepted(await desk.rebuild('inventory'));
    const waiting = await untilPhase('waiting', 2);
    expect(waiting).toMatchObject({
      serving: { number: 1 },
      build: { comparison: { equal: 1, changed: 1, differences: [{ id: 'cup', is: 'changed' }] } },
    });
    await commit(received('jar'));
    accepted(await desk.switch('inventory'));
    await untilPhase('serving', 2);
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
  });

  it('cancels without leaving anything behind', async () => {
    await commit(received('tea', 3));
    keep();
    await untilPhase('serving', 1);
    accepted(await desk.rebuild('inventory', { switches: 'on command' }));
    await untilPhase('waiting', 2);
    accepted(await desk.cancel('inventory'));
    await until('the storage is gone', async () => (await engine.views.names()).length === 1 || undefined);
    await until(
      'its lease is free',
      async () => (await engine.leases.held('projection:')).length === 1 || undefined,
    );
    expect(await status()).toMatchObject({ phase: 'serving', serving: { number: 1 }, build: null });
    expect(await engine.views.names()).toStrictEqual(['inventory_v1_g1']);
  });

  it('stops a build at a poison event, and goes on with it after a fix; the serving one never stops', async () => {
    await commit(received('tea', 3), received('cup', 13), received('tea', 4));
    const before = keep();
    await untilPhase('serving', 1);
    await stop(before);
    const broken = keep([superstitious]);
    accepted(await desk.rebuild('inventory'));
    expect(await untilPhase('failed', 2)).toMatchObject({
      serving: { number: 1 },
      build: { failure: { message: 'thirteen', stream: 'inventory-cup', documentId: 'cup', revision: 0 } },
    });
    await commit(received('jar'));
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    accepted(await desk.resume('inventory'));
    await until('another attempt', async () => {
      const { build } = await status();
      return build?.attempt === 2 && build.phase === 'failed' ? true : undefined;
    });
    await stop(broken);
    keep();
    await untilPhase('serving', 2);
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
  });

  it('builds a new version by itself and switches although it differs; both are followed', async () => {
    const next = inStock(2, { note: 'new' });
    await commit(received('tea', 3));
    const old = keep();
    await untilPhase('serving', 1);
    const other = openEmbedded({ dataDir });
    keepers.push(
      new ProjectionKeeper([next], {
        ...other,
        owner: 'two',
        ttlMs: 60_000,
        logger: silent,
        clock: systemClock,
        parallel: 1,
        workFor: (projection) => new LocalWork(projection, other),
      }).start(),
    );
    // They take turns: only one of the two keeps the view.
    await stop(old);
    expect(await untilPhase('serving', 2)).toMatchObject({
      serving: { version: 2, storage: 'inventory_v2_g2' },
      former: [{ version: 1 }],
      comparison: { changed: 1 },
    });
    await commit(received('tea', 4));
    expect(await content(next)).toStrictEqual(refold(next, events));
    expect(await views(50).upTo(inventoryProjection, undefined)).toBeDefined();
    await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
    await other.close();
  });

  it('takes up a build where the process before was killed', async () => {
    await commit(...Array.from({ length: 50 }, (_, n) => received(`sku-${n % 7}`, 1 + n)));
    let resumedAt: Position | undefined;
    const interrupted: BuildWork = {
      replay: async (task, watch) => {
        await new LocalWork(inventoryProjection, engine).replay({ ...task, mostEvents: 20 }, watch);
        return new Promise(() => undefined);
      },
      compare: () => Promise.reject(new Error('not reached')),
    };
    const killed = keep([inventoryProjection], { owner: 'killed', work: interrupted });
    const storage = await until('half of it', async () => {
      const { build } = await status();
      return build !== null && build.position !== null ? build.storage : undefined;
    });
    // It never comes to an end, as if it were dead.
    keepers.splice(0);
    void killed.stop();
    const leases = await engine.leases.held('');
    for (const lease of leases) await engine.leases.release(lease);
    const local = new LocalWork(inventoryProjection, engine);
    keep([inventoryProjection], {
      owner: 'next',
      work: {
        replay: async (task, watch) => {
          resumedAt = await engine.views.open({ name: task.storage, indexes: [] }).checkpoint();
          return local.replay(task, watch);
        },
        compare: (...args) => local.compare(...args),
      },
    });
    expect(await untilPhase('serving', 1)).toMatchObject({ serving: { storage } });
    expect(resumedAt).toBe(events[19]?.position);
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
  });

  it('gives up a generation whose storage is lost, or is ahead of a store that was restored', async () => {
    await commit(received('tea', 3));
    const first = keep();
    await untilPhase('serving', 1);
    await stop(first);
    await engine.views.drop('inventory_v1_g1');
    const second = keep();
    await untilPhase('serving', 2);
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    await stop(second);
    await engine.views
      .open({ name: 'inventory_v1_g2', indexes: [] })
      .write([], '99999999999999999999' as Position);
    keep();
    await untilPhase('serving', 3);
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    expect(await engine.views.names()).toStrictEqual(['inventory_v1_g3']);
  });

  it('keeps the generation of a store without events', async () => {
    const first = keep();
    await until('a position', async () => ((await status()).serving?.position ? true : undefined));
    await stop(first);
    keep();
    await until('an owner', async () => ((await status()).serving?.owner ? true : undefined));
    expect(await status()).toMatchObject({ serving: { number: 1 }, former: [], build: null });
    expect(await engine.views.names()).toStrictEqual(['inventory_v1_g1']);
  });

  it('gives up a generation whose storage cannot be read, and keeps the other views meanwhile', async () => {
    await commit(received('tea', 3));
    const first = keep([inventoryProjection, paymentsProjection]);
    await untilPhase('serving', 1);
    await stop(first);
    await engine.close();
    for (const suffix of ['', '-wal', '-shm']) {
      await writeFile(
        join(dataDir, 'views', `inventory_v1_g1.db${suffix}`),
        'this is no database '.repeat(500),
      );
    }
    engine = openEmbedded({ dataDir });
    desk = new ProjectionDesk({ ...engine, clock: systemClock }, projectionsOf(services));
    expect(await status()).toMatchObject({ serving: { number: 1, position: null } });
    keep([inventoryProjection, paymentsProjection]);
    await untilPhase('serving', 2);
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    expect(accepted(await desk.one('payments'))).toMatchObject({ phase: 'serving', serving: { number: 1 } });
  });

  it('notices that a storage was removed under it, without serving an empty one', async () => {
    await commit(received('tea', 3));
    keep();
    await untilPhase('serving', 1);
    accepted(await desk.rebuild('inventory'));
    await untilPhase('serving', 2);
    await engine.views.drop('inventory_v1_g2');
    await commit(received('tea', 4));
    await until('the former one to serve', async () =>
      (await status()).serving?.number === 1 ? true : undefined,
    );
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    await engine.views.drop('inventory_v1_g1');
    await commit(received('tea', 5));
    await untilPhase('serving', 3);
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
  });

  it('shares the views out among processes, and takes over what a process leaves', async () => {
    const both = [inventoryProjection, paymentsProjection];
    const one = keep(both, { owner: 'one' });
    await untilPhase('serving', 1);
    const two = keep(both, { owner: 'two' });
    const owners = async () =>
      (await engine.leases.held('projection:')).map(({ name, owner }) => [name.replace(/_.*/, ''), owner]);
    await until('each has its share', async () => {
      const each = new Set((await owners()).map(([, owner]) => owner));
      return each.size === 2 ? true : undefined;
    });
    expect(await desk.keepers()).toStrictEqual([
      { owner: 'one', projections: ['inventory', 'payments'] },
      { owner: 'two', projections: ['inventory', 'payments'] },
    ]);
    await commit(received('tea'));
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    await stop(one);
    await until('the other has all', async () => {
      const now = await owners();
      return now.length === 2 && now.every(([, owner]) => owner === 'two') ? true : undefined;
    });
    await commit(received('tea'));
    expect(await content()).toStrictEqual(refold(inventoryProjection, events));
    await stop(two);
  });

  it('refuses what names no view', async () => {
    expect(await desk.rebuild('nonsense')).toMatchObject({
      code: 'PROJECTION_NOT_FOUND',
      detail: expect.stringContaining('inventory'),
    });
  });
});
