import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type ViewQuery } from '../../ports/views.js';
import { positionAt } from '../../testing/sample-positions.js';
import { mongoSite } from './testing/site.js';
import { compileQuery, type DocumentRow } from './view-query.js';
import { MongoViews } from './views.js';

interface Stage {
  readonly stage: string;
  readonly indexName?: string | undefined;
  readonly inputStage?: Stage | undefined;
  readonly inputStages?: readonly Stage[] | undefined;
}

const stage: z.ZodType<Stage> = z.lazy(() =>
  z.object({
    stage: z.string(),
    indexName: z.string().optional(),
    inputStage: stage.optional(),
    inputStages: z.array(stage).optional(),
  }),
);

const explained = z.object({
  queryPlanner: z.object({ winningPlan: stage }),
  executionStats: z.object({ totalKeysExamined: z.number() }),
});

const stagesOf = (top: Stage): readonly Stage[] => [
  top,
  ...[...(top.inputStage ? [top.inputStage] : []), ...(top.inputStages ?? [])].flatMap(stagesOf),
];

describe('Views in MongoDB', () => {
  const site = mongoSite();
  const views = new MongoViews(site.databases);
  const open = () =>
    views.open<object>({
      name: 'orders',
      indexes: [['customer', 'placedAt'], ['placedAt'], ['total.amountMinor']],
    });

  beforeAll(async () => {
    const docs = Array.from({ length: 700 }, (_, n) => ({
      id: `order ${n}`,
      position: positionAt(n),
      doc: { customer: `customer ${n % 7}`, placedAt: `at ${n % 50}`, total: { amountMinor: n } },
    }));
    await open().write(docs, positionAt(700));
  });
  afterAll(() => site.dispose());

  const plan = async (query: ViewQuery) => {
    const db = site.databases.of('orders');
    const [there] = await db.listCollections({ name: { $regex: '^view_' } }).toArray();
    const { filter, sort } = compileQuery(query);
    const found = db
      .collection<DocumentRow>(there?.name ?? '')
      .find(filter)
      .sort(sort)
      .limit(query.limit);
    const { queryPlanner, executionStats } = explained.parse(await found.explain('executionStats'));
    const stages = stagesOf(queryPlanner.winningPlan);
    return {
      indexes: [...new Set(stages.flatMap(({ indexName }) => indexName ?? []))],
      sorts: stages.some((each) => each.stage === 'SORT'),
      scans: stages.some((each) => each.stage === 'COLLSCAN'),
      keys: executionStats.totalKeysExamined,
    };
  };

  const newestFirst = { path: 'placedAt', direction: 'descending' } as const;
  const byTotal = { path: 'total.amountMinor', direction: 'ascending' } as const;
  const ofCustomer = { path: 'customer', equals: 'customer 3' };

  it.each<[string, Omit<ViewQuery, 'limit'>, string]>([
    [
      'an equality and a sort',
      { where: [ofCustomer], sort: newestFirst },
      'doc.customer_1_doc.placedAt_1__id_1',
    ],
    ['a sort', { sort: newestFirst }, 'doc.placedAt_1__id_1'],
    [
      'a range',
      { where: [{ path: 'total.amountMinor', atLeast: 190 }], sort: byTotal },
      'doc.total.amountMinor_1__id_1',
    ],
    ['the ids', {}, '_id_'],
  ])('answer %s from their index', async (_, query, index) => {
    expect(await plan({ ...query, limit: 10 })).toStrictEqual({
      ...{ indexes: [index], sorts: false, scans: false },
      keys: expect.any(Number),
    });
  });

  it.each(['ascending', 'descending'] as const)(
    'enter the index where the cursor stands, %s',
    async (direction) => {
      const sort = { path: 'placedAt', direction };
      for (const query of [{ where: [ofCustomer], sort }, { sort }]) {
        const index = query.where === undefined ? 'doc.placedAt' : 'doc.customer_1_doc.placedAt';
        // Half-way through: whoever began at an end would pass many keys.
        let cursor: string | undefined;
        const half = query.where === undefined ? 355 : 55;
        for (let seen = 0; seen < half; seen += 5) {
          const page = await open().find({ ...query, limit: 5, ...(cursor === undefined ? {} : { cursor }) });
          cursor = page.nextCursor ?? undefined;
        }
        const next = await plan({ ...query, limit: 10, cursor: cursor ?? '' });
        expect(next).toStrictEqual({
          ...{ indexes: [`${index}_1__id_1`], sorts: false, scans: false },
          keys: expect.any(Number),
        });
        expect(next.keys).toBeLessThan(20);
      }
    },
  );

  it.each([['a-b'], ['a"b'], ['']])('refuse the name %j', async (name) => {
    expect(() => views.open({ name, indexes: [] })).toThrow(RangeError);
    await expect(views.existing(name)).rejects.toThrow(RangeError);
  });
});
