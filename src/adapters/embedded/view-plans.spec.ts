import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { type ViewQuery } from '../../ports/views.js';
import { positionAt } from '../../testing/sample-positions.js';
import { openEmbedded } from './index.js';
import { compileQuery } from './view-query.js';

describe('Embedded views', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  const definition = {
    name: 'orders',
    indexes: [['customer', 'placedAt'], ['placedAt'], ['total.amountMinor']],
  };
  const open = () => engine.views.open<object>(definition);

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'embedded-plans-'));
    engine = openEmbedded({ dataDir });
    const docs = Array.from({ length: 200 }, (_, n) => ({
      id: `order ${n}`,
      position: positionAt(n),
      doc: { customer: `customer ${n % 7}`, placedAt: `at ${n % 50}`, total: { amountMinor: n } },
    }));
    await open().write(docs, positionAt(200));
  });
  afterAll(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const plan = (query: ViewQuery): string => {
    const file = new Database(join(dataDir, 'views', 'orders.db'), { readonly: true });
    const steps = compileQuery(query).statements.flatMap(({ sql, bound }) =>
      file
        .prepare<(string | number | null)[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...bound, query.limit),
    );
    file.close();
    return steps.map(({ detail }) => detail).join('\n');
  };

  const newestFirst = { path: 'placedAt', direction: 'descending' } as const;
  const byTotal = { path: 'total.amountMinor', direction: 'ascending' } as const;
  const ofCustomer = { path: 'customer', equals: 'customer 3' };

  it.each<[string, Omit<ViewQuery, 'limit'>, string]>([
    ['an equality and a sort', { where: [ofCustomer], sort: newestFirst }, 'customer_and_placedAt'],
    ['a sort', { sort: newestFirst }, 'placedAt'],
    ['a range', { where: [{ path: 'total.amountMinor', atLeast: 190 }], sort: byTotal }, 'total.amountMinor'],
    ['an absent value', { where: [{ path: 'customer', equals: null }] }, 'customer_and_placedAt'],
  ])('answer %s from their index', (_, query, index) => {
    expect(plan({ ...query, limit: 10 })).toContain(`USING INDEX by_${index}`);
  });

  it.each(['ascending', 'descending'] as const)(
    'enter the index where the cursor stands, %s',
    async (direction) => {
      const query: ViewQuery = { where: [ofCustomer], sort: { path: 'placedAt', direction }, limit: 10 };
      const { nextCursor } = await open().find(query);
      const next = plan({ ...query, cursor: nextCursor ?? '' });
      expect(next).toMatch(/USING INDEX by_customer_and_placedAt \(<expr>=\? AND <expr>[<>]\?/);
      expect(next).not.toContain('TEMP B-TREE');
    },
  );

  it.each([['a-b'], ['a"b'], ['']])('refuse the name %j', (name) => {
    expect(() => engine.views.open({ name, indexes: [] })).toThrow(RangeError);
  });
});
