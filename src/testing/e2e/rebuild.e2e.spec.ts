import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { type z } from 'zod';
import * as contract from '../../http/contract.js';
import { type NewEvent } from '../../kernel/envelope.js';
import { until, untilHolds } from '../until.js';
import { cli } from './cli.js';
import { EventSource } from './event-source.js';
import { read, type Reply } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';
import { allEvents, foldedViews, storedViews } from './stored.js';

type View = z.infer<typeof contract.projection>;

const route = '/api/ops/projections';

/** So many that a replay of them takes seconds; real engines share the machine with the program. */
const many = Site.isEmbedded ? 150_000 : 20_000;

/** What looks into the embedded engine's files. */
const itEmbedded = Site.isEmbedded ? it : it.skip;

describe('Views that are rebuilt while they serve', () => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.open();
  });

  afterEach(() => site.clean());

  const tool = (...args: readonly string[]) => cli('projections', args, site.settings);
  const ask = (program: Program, name: string, what: string, body?: object): Promise<Reply> =>
    program.http.post(`${route}/${name}/${what}`, body);
  const viewOf = async (program: Program, name: string): Promise<View> =>
    read(contract.projection, await program.http.get(`${route}/${name}`), 200);
  const problemOf = (reply: Reply) => {
    const { status, code } = read(contract.problem, reply, reply.status);
    return [status, code];
  };
  /** The generation of the number given serves. */
  const untilServing = (program: Program, name: string, number: number): Promise<View> =>
    until(`generation ${number} of ${name}`, async () => {
      const view = await viewOf(program, name);
      return view.serving?.number === number && view.build === null ? view : undefined;
    });
  const untilPhase = (program: Program, name: string, phase: View['phase']): Promise<View> =>
    until(`phase ${phase} of ${name}`, async () => {
      const view = await viewOf(program, name);
      return view.phase === phase ? view : undefined;
    });
  /** Every view holds what the events give, once. */
  const untilExact = async (): Promise<void> => {
    const engine = await site.platform();
    try {
      await untilHolds(async () => {
        const folded = foldedViews(await allEvents(engine.eventStore));
        const stored = await storedViews(engine);
        // The whole difference is too much to be made in vain again and again.
        expect(Object.keys(folded).filter((name) => !isDeepStrictEqual(stored[name], folded[name]))).toEqual(
          [],
        );
      });
    } finally {
      await engine.close();
    }
  };
  const storages = async (name: string): Promise<readonly string[]> => {
    const platform = await site.platform();
    const names = await platform.views.names();
    await platform.close();
    return names.filter((storage) => storage.startsWith(`${name}_v`)).toSorted();
  };
  const change = (file: string, ...statements: readonly string[]): void => {
    const db = new Sqlite(join(site.dataDir, file), { timeout: 10_000 });
    for (const statement of statements) db.exec(statement);
    db.close();
  };
  /** So many receipts that a replay of them takes a while. */
  const stockUp = async (receipts: number): Promise<void> => {
    const engine = await site.platform();
    const perStream = 1_000;
    for (let stream = 0; stream * perStream < receipts; stream += 1) {
      const sku = `BULK-${stream}`;
      const events = Array.from({ length: perStream }, (_, n): NewEvent => ({
        ...{ id: `${sku}:${n}`, type: 'StockReceived', version: 1 },
        data: { sku, quantity: 1, reference: null },
        metadata: {
          ...{ correlationId: 'bulk', causationId: 'bulk', commandId: `${sku}:${n}`, actor: 'tester' },
          occurredAt: '2026-01-02T03:04:05.678Z',
        },
      }));
      await engine.eventStore.append(`inventory-${sku}`, 'any', events);
    }
    await engine.close();
  };

  it('are never seen empty, half built or behind: three readers during three rebuilds and a rollback', async () => {
    const program = await site.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs });
    const shop = new Shop(program.http);
    const sku = await shop.stocked('READ', 1_000_000);
    await shop.place({ [sku]: 1 });
    await untilServing(program, 'order_status', 1);

    const over = new AbortController();
    const answers = [0, 0, 0];
    /** By any of the answers so far. */
    const shown = new Set<string>();
    const reader = async (number: number): Promise<void> => {
      while (!over.signal.aborted) {
        const before = [...shown];
        const now = new Set((await shop.all()).map(({ orderId }) => orderId));
        expect(before.filter((orderId) => !now.has(orderId))).toEqual([]);
        for (const orderId of now) shown.add(orderId);
        answers[number] = (answers[number] ?? 0) + 1;
      }
    };
    /** Reads every write of his own at once. */
    const customer = async (customerId: string): Promise<number> => {
      let orders = 0;
      while (!over.signal.aborted) {
        const placed = await shop.send({ [sku]: 1 }, { customerId });
        const { orderId } = read(contract.order, placed, 201);
        const token = { 'consistency-token': String(placed.headers['consistency-token']) };
        read(contract.orderDetails, await program.http.get(`/api/orders/${orderId}`, token), 200);
        orders += 1;
      }
      return orders;
    };
    const work = Promise.all([0, 1, 2].map(reader));
    const orders = Promise.all([customer('ann'), customer('bob')]);
    const readMore = async (): Promise<void> => {
      const before = [...answers];
      await until('three answers to each reader', () =>
        answers.every((count, number) => count >= (before[number] ?? 0) + 3) ? true : undefined,
      );
    };
    const during = (async () => {
      await readMore();
      const asked = await ask(program, 'order_status', 'rebuild');
      expect([asked.status, asked.headers.location]).toEqual([202, `${route}/order_status`]);
      read(contract.projection, asked, 202);
      await untilServing(program, 'order_status', 2);
      await readMore();
      expect(await tool('rebuild', 'order_status')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(
          /^order_status: generation 3 \(version 2\) serves\.\n.*: all equal\.\n/,
        ),
      });
      await readMore();
      expect((await ask(program, 'order_status', 'rebuild', { parallel: 2 })).status).toBe(202);
      await untilServing(program, 'order_status', 4);
      await readMore();
      const back = read(contract.projection, await ask(program, 'order_status', 'rollback'), 200);
      expect([back.serving?.number, back.former.map(({ number }) => number)]).toEqual([3, [4, 2, 1]]);
      await readMore();
    })();
    // Whoever fails first is heard at once.
    await Promise.race([during, work]);
    over.abort();
    await Promise.all([work, during]);
    expect((await orders).every((count) => count > 0)).toBe(true);
    await untilExact();
    expect(await tool('verify')).toMatchObject({ code: 0 });
  }, 300_000);

  it('wait, are switched to, taken back, pruned and cancelled as their operator says', async () => {
    const program = await site.start();
    const shop = new Shop(program.http);
    const sku = await shop.stocked('OPS', 100);
    await shop.ended((await shop.place({ [sku]: 1 })).orderId);
    await untilServing(program, 'inventory', 1);

    const refused = async (name: string, what: string, body?: object) =>
      problemOf(await ask(program, name, what, body));
    expect(await refused('nope', 'rebuild')).toEqual([404, 'PROJECTION_NOT_FOUND']);
    expect(problemOf(await program.http.get(`${route}/nope`))).toEqual([404, 'PROJECTION_NOT_FOUND']);
    expect(await refused('inventory', 'rebuild', { parallel: 33 })).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused('inventory', 'rebuild', { switch: 'never' })).toEqual([400, 'INVALID_REQUEST']);
    expect(await refused('inventory', 'rebuild', { fromVersion: 7 })).toEqual([409, 'OTHER_VERSION_SERVES']);
    expect(await refused('inventory', 'switch')).toEqual([409, 'NO_REBUILD']);
    expect(await refused('inventory', 'resume')).toEqual([409, 'NO_REBUILD']);
    expect(await refused('inventory', 'cancel')).toEqual([409, 'NO_REBUILD']);
    expect(await refused('inventory', 'rollback')).toEqual([409, 'NO_FORMER_GENERATION']);

    const source = await EventSource.open(`${program.http.url}${route}/stream`);
    const phases = () => [
      ...new Set(
        source.events.map(({ data }) => {
          const { items } = contract.projections.parse(data);
          const view = items.find(({ name }) => name === 'inventory');
          return `${view?.phase ?? ''} ${view?.serving?.number ?? 0}`;
        }),
      ),
    ];
    await untilHolds(() => {
      expect(phases()).toEqual(['serving 1']);
    });
    const body = { switch: 'on-command', parallel: 2, fromVersion: 1 };
    read(contract.projection, await ask(program, 'inventory', 'rebuild', body), 202);
    const waiting = await untilPhase(program, 'inventory', 'waiting');
    expect(waiting).toMatchObject({
      serving: { number: 1 },
      build: {
        ...{ number: 2, switch: 'on-command', parallel: 2, switchNow: false, reached: 1 },
        comparison: { documents: { serving: 1, built: 1 }, equal: 1, differences: [] },
      },
    });
    expect(await refused('inventory', 'rebuild')).toEqual([409, 'REBUILD_IN_PROGRESS']);
    expect(await refused('inventory', 'resume')).toEqual([409, 'REBUILD_NOT_FAILED']);
    expect(await tool('rebuild', 'inventory')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Generation 2 of inventory is being built (waiting). Wait for it, or cancel it first.\n',
    });
    const generations = (...numbers: readonly number[]) => numbers.map((number) => `inventory_v1_g${number}`);
    expect(await storages('inventory')).toEqual(generations(1, 2));

    const cancelled = read(contract.projection, await ask(program, 'inventory', 'cancel'), 200);
    expect(cancelled).toMatchObject({ phase: 'serving', build: null, serving: { number: 1 } });
    await untilHolds(async () => {
      expect(await storages('inventory')).toEqual(generations(1));
    });

    expect(await tool('rebuild', 'inventory', '--hold', '--from-version', '1')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^inventory: generation 3 is built and waits\. .*switch inventory\n/),
    });
    expect((await ask(program, 'inventory', 'switch')).status).toBe(202);
    expect(await untilServing(program, 'inventory', 3)).toMatchObject({ former: [{ number: 1 }] });
    expect(await tool('rollback', 'inventory')).toEqual({
      code: 0,
      stdout: 'Generation 1 of inventory serves again. Generation 3 is kept.\n',
      stderr: '',
    });
    const list = read(contract.projections, await program.http.get(route), 200);
    const inventory = list.items.find(({ name }) => name === 'inventory');
    expect(inventory).toMatchObject({
      serving: { number: 1 },
      former: [{ number: 3 }],
      comparison: { equal: 1 },
    });
    expect(inventory?.comparison).not.toHaveProperty('differences');
    expect(list.processes.map(({ projections }) => projections.length)).toEqual([list.items.length]);
    expect(list.processes[0]?.owner).toBe(inventory?.serving?.owner);
    expect(JSON.parse((await tool('list', '--json')).stdout)).toMatchObject({
      items: list.items.map(({ name, serving }) => ({ name, serving: { number: serving?.number } })),
      processes: list.processes,
    });

    const pruned = read(contract.projection, await ask(program, 'inventory', 'prune'), 200);
    expect(pruned).toMatchObject({ serving: { number: 1 }, former: [] });
    await untilHolds(async () => {
      expect(await storages('inventory')).toEqual(generations(1));
    });
    await untilHolds(() => {
      expect(phases()).toEqual(expect.arrayContaining(['serving 1', 'waiting 1', 'serving 3']));
    });
    const ids = source.events.map(({ id }) => id);
    expect(ids.filter((id, index) => id === ids[index + 1])).toEqual([]);
    expect(await program.stop()).toBe(0);
    expect(source.isOver).toBe(true);
  }, 300_000);

  it('are built on where they were when the process was killed in the middle', async () => {
    await stockUp(many);
    const program = await site.start({ ROLES: 'api,projector' });
    await untilServing(program, 'inventory', 1);
    await ask(program, 'inventory', 'rebuild', { parallel: 2 });
    const middle = await until('the middle of the rebuild', async () => {
      const { build } = await viewOf(program, 'inventory');
      if (build === null) throw new Error('The rebuild was over before it was looked at.');
      return build.position !== null && build.reached > 0 ? build : undefined;
    });
    expect(middle).toMatchObject({ number: 2, phase: 'replaying' });
    await program.kill();
    await program.start();
    const positions: string[] = [];
    await until('the rebuild to serve', async () => {
      const { build, serving } = await viewOf(program, 'inventory');
      if (build !== null && build.position !== null) positions.push(build.position);
      return serving?.number === 2 ? true : undefined;
    });
    expect([middle.position, ...positions]).toEqual([middle.position, ...positions].toSorted());
    await untilExact();
  }, 300_000);

  itEmbedded(
    'stop at a poison event without the one that serves, name it, and go on after the fix',
    async () => {
      const program = await site.start();
      const shop = new Shop(program.http);
      const sku = await shop.stocked('SOUND', 10);
      await shop.stocked('POISON', 10);
      await untilServing(program, 'inventory', 1);
      await shop.untilStock(sku, 10, 0);
      // What is committed while it runs it need not read from the file.
      await program.stop();
      change('store.db', `UPDATE events SET type = 'StockEaten' WHERE stream = 'inventory-POISON'`);
      await program.start();
      const { code, stdout } = await tool('rebuild', 'inventory');
      expect([code, stdout]).toEqual([
        1,
        expect.stringMatching(
          /generation 2 cannot be built\. The one that serves goes on\.\nevent +StockEaten /,
        ),
      ]);
      const { orderId } = await shop.place({ [sku]: 1 });
      expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
      await shop.untilStock(sku, 10, 1);
      expect(await viewOf(program, 'inventory')).toMatchObject({
        phase: 'failed',
        build: { failure: { type: 'StockEaten', stream: 'inventory-POISON', revision: 0 } },
      });
      expect((await program.http.get('/health/ready')).body).toMatchObject({
        status: 'degraded',
        failedBuilds: ['inventory'],
      });
      change('store.db', `UPDATE events SET type = 'StockReceived' WHERE stream = 'inventory-POISON'`);
      expect(await tool('resume', 'inventory')).toMatchObject({ code: 0 });
      expect((await program.http.get('/health/ready')).body).toMatchObject({
        status: 'ready',
        failedBuilds: [],
      });
      expect(await viewOf(program, 'inventory')).toMatchObject({ phase: 'serving', serving: { number: 2 } });
      await untilExact();
    },
    300_000,
  );

  itEmbedded(
    'are worked on by the tool when no program is there, and verified against the events',
    async () => {
      const program = await site.start();
      const shop = new Shop(program.http);
      const sku = await shop.stocked('ALONE', 10);
      const { orderId } = await shop.place({ [sku]: 1 });
      await shop.ended(orderId);
      await untilExact();
      expect(await program.stop()).toBe(0);

      const alone = await tool('rebuild', '--all');
      expect(alone).toMatchObject({ code: 0 });
      expect(alone.stdout.match(/generation 2 \(version \d\) serves/g)).toHaveLength(10);
      expect(alone.stderr.match(/^No program keeps \w+: this tool does the work\.$/gm)).toHaveLength(10);
      expect(await tool('verify')).toMatchObject({ code: 0 });
      expect(await tool('verify', 'order_status', '--sample', '1')).toMatchObject({ code: 0 });

      change(
        'views/order_status_v2_g2.db',
        `UPDATE documents SET doc = json_set(doc, '$.order.customerId', 'eve')`,
      );
      for (const args of [[], ['--sample', '1']]) {
        const verified = await tool('verify', 'order_status', ...args, '--json');
        expect(verified.code).toBe(1);
        expect(JSON.parse(verified.stdout)).toMatchObject({
          ...{ projection: 'order_status', generation: 2, equal: 0, missing: 0, extra: 0, changed: 1 },
          differences: [
            {
              ...{ id: orderId, is: 'changed' },
              paths: [{ path: 'order.customerId', serving: 'eve', folded: 'cust-123' }],
            },
          ],
        });
      }
      const rebuilt = await tool('rebuild', 'order_status');
      expect(rebuilt.code).toBe(1);
      expect(rebuilt.stdout).toContain('order_status: generation 3 is built and waits.');
      expect(rebuilt.stdout).toContain(
        `changed ${orderId}\n  order.customerId: serving "eve", new "cust-123"`,
      );
      expect((await tool('show', 'order_status')).stdout).toContain('order.customerId: serving "eve"');
      expect(await tool('switch', 'order_status')).toMatchObject({ code: 0 });
      expect(await tool('verify', 'order_status')).toMatchObject({ code: 0 });
      expect(await tool('rollback', 'order_status')).toMatchObject({ code: 0 });
      expect(await tool('verify', 'order_status')).toMatchObject({ code: 1 });
      expect((await storages('order_status')).filter((storage) => storage.includes('verify'))).toEqual([]);
    },
    300_000,
  );

  it('are built on by the tool that watches when the program dies', async () => {
    await stockUp(many);
    const program = await site.start({ ROLES: 'api,projector' });
    await untilServing(program, 'inventory', 1);
    const watching = tool('rebuild', 'inventory');
    await until('the rebuild', async () => ((await viewOf(program, 'inventory')).build ? true : undefined));
    await program.kill();
    expect(await watching).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('inventory: generation 2 (version 1) serves.'),
      stderr: expect.stringContaining(
        'The program that kept inventory is gone: this tool goes on with its work.',
      ),
    });
    expect(await tool('verify', 'inventory')).toMatchObject({ code: 0 });
  }, 300_000);

  it('verify without a false alarm while orders are placed', async () => {
    const program = await site.start();
    const shop = new Shop(program.http);
    const sku = await shop.stocked('BUSY', 1_000_000);
    await shop.place({ [sku]: 1 });
    await untilServing(program, 'order_status', 1);
    const over = new AbortController();
    const customer = async (): Promise<void> => {
      while (!over.signal.aborted) read(contract.order, await shop.send({ [sku]: 1 }), 201);
    };
    const customers = Promise.all([customer(), customer(), customer()]);
    for (const args of [[], ['--sample', '0.5']]) {
      const verified = await tool('verify', ...args, '--json');
      const reports = verified.stdout
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      expect(reports).toHaveLength(10);
      for (const report of reports) {
        expect(report).toMatchObject({ missing: 0, extra: 0, changed: 0, unjudged: 0, differences: [] });
      }
      expect(verified.code).toBe(0);
    }
    over.abort();
    await customers;
  }, 300_000);

  it('are shared out between processes, handed over on death, and written once though one stood still', async () => {
    const [first, second] = await Promise.all([site.start(), site.start()]);
    const shop = new Shop(second.http);
    const sku = await shop.stocked('SHARED', 1_000_000);
    const owners = async (program: Program) => {
      const { items, processes } = read(contract.projections, await program.http.get(route), 200);
      return { processes: processes.length, owners: new Set(items.map(({ serving }) => serving?.owner)) };
    };
    await untilHolds(async () => {
      const shared = await owners(second);
      expect([shared.processes, shared.owners.size]).toEqual([2, 2]);
    });
    const place = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) await shop.place({ [sku]: 1 });
    };
    const alone = () =>
      untilHolds(async () => {
        const left = await owners(second);
        expect([left.processes, left.owners.size, left.owners.has(null)]).toEqual([1, 1, false]);
      });

    await place(5);
    await first.kill();
    await alone();
    await place(5);
    await untilExact();

    await first.start();
    await untilHolds(async () => {
      expect((await owners(second)).owners.size).toBe(2);
    });
    const placing = place(20);
    await first.suspend();
    await placing;
    await alone();
    await ask(second, 'order_status', 'rebuild');
    await untilServing(second, 'order_status', 2);
    first.signal('SIGCONT');
    await place(5);
    await untilHolds(async () => {
      expect((await owners(second)).owners.size).toBe(2);
    });
    await untilExact();
    expect(await tool('verify')).toMatchObject({ code: 0 });
  }, 300_000);

  it('are not announced as ready by a process that cannot read the version that serves', async () => {
    const program = await site.start();
    await untilServing(program, 'cart', 1);
    await program.stop();
    const engine = await site.platform();
    const loaded = await engine.generations.load('cart');
    const serving = loaded?.generations.serving;
    if (loaded === undefined || !serving) throw new Error('There is no cart view.');
    const other = { ...loaded.generations, serving: { ...serving, version: 99 } };
    expect(await engine.generations.save(other, loaded.revision)).toBe(true);
    await engine.close();

    const [api, orders] = [
      await site.program({ ROLES: 'api' }),
      await site.program({ ROLES: 'api', SERVICES: 'order' }),
    ];
    api.spawn();
    await untilHolds(async () => {
      const { status, body } = await api.http.get('/health/ready');
      expect([status, body]).toEqual([503, { status: 'building', building: ['cart'] }]);
    });
    await orders.start();
  }, 300_000);
});
