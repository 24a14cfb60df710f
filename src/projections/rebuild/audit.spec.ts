import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { systemClock } from '../../adapters/embedded/system-clock.js';
import { logbook } from '../../execution/testing/logbook.js';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { type Position } from '../../kernel/envelope.js';
import { until } from '../../testing/until.js';
import { inventoryProjection, type StockLevel } from '../inventory/inventory.projection.js';
import { ProjectionKeeper } from '../keeper.js';
import { type Projection } from '../projection.js';
import { type Fact, history, on } from '../testing/history.js';
import { audit, type AuditPorts, type AuditRequest } from './audit.js';
import { digestOf } from './differing.js';
import { LocalWork } from './work.js';

/** Its documents come and go. */
const forgetful: Projection<InventoryEvent, StockLevel> = {
  ...inventoryProjection,
  evolve: (doc, event) =>
    'quantity' in event.data && event.data.quantity === 13
      ? undefined
      : inventoryProjection.evolve(doc, event),
};
const received = (sku: string, quantity = 1): Fact =>
  on(`inventory-${sku}`, { type: 'StockReceived', data: { sku, quantity, reference: null } });

describe('the audit of a view', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let keeper: ProjectionKeeper;
  let ports: AuditPorts;
  let head: Position;
  let committed = 0;

  const commit = async (...facts: readonly Fact[]): Promise<void> => {
    for (const { stream, ...event } of history(...facts)) {
      committed += 1;
      const appended = await engine.eventStore.append(stream, 'any', [{ ...event, id: `fact ${committed}` }]);
      head = appended.position;
    }
  };
  const view = () => engine.views.open<StockLevel>({ name: 'inventory_v1_g1', indexes: [] });
  const untilHead = () =>
    until('the view to hold all events', async () =>
      (await view().checkpoint()) === head ? true : undefined,
    );
  const run = (request: Partial<AuditRequest> = {}) =>
    audit(forgetful, ports, {
      ...{ sample: null, seed: 'a', parallel: 1, pid: 77, signal: new AbortController().signal },
      onProgress: () => undefined,
      ...request,
    });
  const tamper = (...statements: readonly string[]): void => {
    const file = new Sqlite(join(dataDir, 'views/inventory_v1_g1.db'));
    for (const statement of statements) file.exec(statement);
    file.close();
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'audit-'));
    engine = openEmbedded({ dataDir });
    const shared = { ...engine, ttlMs: 60_000, logger: logbook().logger, clock: systemClock };
    ports = { ...shared, owner: 'auditor', work: new LocalWork(forgetful, engine) };
    keeper = new ProjectionKeeper([forgetful], {
      ...shared,
      ...{ owner: 'keeper', parallel: 1, workFor: () => new LocalWork(forgetful, engine) },
    }).start();
    await commit(received('tea', 4), received('cup', 2), received('jar', 3));
    await until('the view to serve', async () =>
      (await engine.generations.load('inventory'))?.generations.serving ? true : undefined,
    );
    await untilHead();
  });

  afterEach(async () => {
    await keeper.stop();
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const equal = { missing: 0, extra: 0, changed: 0, unjudged: 0, differences: [] };

  it.each([
    [null, 3],
    [1, 3],
  ])(
    'finds a view that is what the events give (sample %s), and leaves nothing behind',
    async (sample, documents) => {
      expect(await run({ sample })).toStrictEqual({
        is: 'judged',
        report: {
          ...{ projection: 'inventory', generation: 1, version: 1, sample, seed: 'a', position: head },
          documents: { serving: documents, folded: documents },
          equal: documents,
          ...equal,
        },
      });
      expect(await engine.views.names()).toStrictEqual(['inventory_v1_g1']);
    },
  );

  it('takes the same documents into every sample of a size, and those of a smaller one into a larger one', async () => {
    await commit(...Array.from({ length: 200 }, (_, n) => received(`sku-${n}`)));
    await untilHead();
    const sizes: number[] = [];
    for (const sample of [0.05, 0.05, 0.5]) {
      const outcome = await run({ sample });
      if (outcome.is !== 'judged') throw new Error(outcome.is);
      expect(outcome.report).toMatchObject(equal);
      sizes.push(outcome.report.documents.serving);
    }
    const [small = 0, again, large = 0] = sizes;
    expect(again).toBe(small);
    expect(small).toBeGreaterThan(0);
    expect(small).toBeLessThan(30);
    expect(large).toBeGreaterThan(70);
    expect(large).toBeLessThan(130);
  });

  it('gives no false alarm while documents come, change and go', async () => {
    const done = new AbortController();
    const writing = (async () => {
      for (let n = 0; !done.signal.aborted; n += 1) {
        await commit(received(`sku-${n % 40}`, 1 + (n % 13)), received(`sku-${n}`), received('tea'));
      }
    })();
    for (let round = 0; round < 6; round += 1) {
      const before = head;
      for (const sample of [null, 0.5]) {
        const outcome = await run({ sample });
        expect(outcome).toMatchObject({ is: 'judged', report: equal });
      }
      await until('more events', () => (head > before ? true : undefined), 1);
    }
    done.abort();
    await writing;
  });

  it.each([null, 1])(
    'tells what the view lacks, has too much and has otherwise (sample %s)',
    async (sample) => {
      const tea = await view().get('tea');
      const jar = await view().get('jar');
      if (tea === undefined || jar === undefined) throw new Error('The view is not filled.');
      tamper(
        `UPDATE documents SET doc = json_set(doc, '$.onHand', 5) WHERE id = 'tea'`,
        `INSERT INTO documents SELECT 'ghost', position, doc FROM documents WHERE id = 'cup'`,
        `DELETE FROM documents WHERE id = 'jar'`,
      );
      const cup = await view().get('cup');
      const side = (stored: typeof tea, doc: StockLevel = stored.doc) => ({
        position: stored.position,
        digest: digestOf(doc),
        doc,
      });
      expect(await run({ sample })).toStrictEqual({
        is: 'judged',
        report: {
          ...{ projection: 'inventory', generation: 1, version: 1, sample, seed: 'a', position: head },
          documents: { serving: 3, folded: 3 },
          ...{ equal: 1, missing: 1, extra: 1, changed: 1, unjudged: 0 },
          differences: [
            { id: 'ghost', is: 'extra', paths: [], serving: cup && side(cup), folded: null },
            {
              id: 'tea',
              is: 'changed',
              paths: [{ path: 'onHand', serving: 5, folded: 4 }],
              serving: side(tea, { ...tea.doc, onHand: 5 }),
              folded: side(tea),
            },
            // What the view lacks may have been removed meanwhile: it is judged last.
            { id: 'jar', is: 'missing', paths: [], serving: null, folded: side(jar) },
          ],
        },
      });
    },
  );

  it('does not judge what a view that stands still has not got to, be it changed or removed', async () => {
    await keeper.stop();
    await commit(received('tea', 1), received('cup', 13), received('new'));
    const outcome = await run();
    expect(outcome).toMatchObject({ report: { equal: 1, ...equal, unjudged: 3 } });
    expect(await run({ sample: 1 })).toMatchObject({ report: { equal: 1, ...equal, unjudged: 3 } });
  });

  it('is no audit without a generation of this version that serves', async () => {
    const wrong = { ...forgetful, version: 2 };
    const nothing = { ...forgetful, name: 'nothing' };
    const request = {
      sample: null,
      seed: 'a',
      parallel: 1,
      pid: 1,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    };
    expect(await audit(wrong, ports, request)).toStrictEqual({
      is: 'impossible',
      why: 'Of inventory version 1 serves, and this program folds version 2.',
    });
    expect(await audit(nothing, ports, request)).toStrictEqual({
      is: 'impossible',
      why: 'No generation of nothing serves: there is nothing to compare.',
    });
  });

  it('names the event that cannot be folded', async () => {
    await commit(on('inventory-tea', { type: 'StockEaten', data: { sku: 'tea' } }));
    for (const sample of [null, 0.5]) {
      expect(await run({ sample })).toStrictEqual({
        is: 'impossible',
        why: expect.stringMatching(
          /^Event fact \d+ \(inventory-tea revision 1\) cannot be folded: .*StockEaten/,
        ),
      });
    }
    expect(await engine.views.names()).toStrictEqual(['inventory_v1_g1']);
  });

  it('drops its storage also when it is interrupted, and those of auditors that were killed', async () => {
    engine.views.open({ name: 'inventory_v1_verify_1', indexes: [] });
    engine.views.open({ name: 'inventory_v1_verify_2', indexes: [] });
    await engine.leases.acquire('verify:inventory_v1_verify_2', 'another auditor', 60_000);
    const stop = new AbortController();
    const onProgress = () => {
      stop.abort();
    };
    expect(await run({ signal: stop.signal, onProgress })).toStrictEqual({ is: 'interrupted' });
    expect(new Set(await engine.views.names())).toStrictEqual(
      new Set(['inventory_v1_g1', 'inventory_v1_verify_2']),
    );
  });
});
