import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, type View, type ViewQuery } from '../../ports/views.js';
import { positionAt } from '../../testing/sample-positions.js';
import { openEmbedded } from '../embedded/index.js';
import { mongoSite } from './testing/site.js';
import { MongoViews } from './views.js';

type Doc = Readonly<Record<string, unknown>>;

/** Of all lengths of UTF-8, in both orders of UTF-16, with case, and what means something to patterns. */
const sign = fc.constantFrom(
  'a',
  'A',
  'b',
  'Z',
  'ä',
  'Ä',
  'K',
  '注',
  '\uFFFD',
  '🛒',
  '%',
  '.',
  '*',
  '[',
  '\\',
  '$',
  ' ',
  '0',
);
const text = fc.string({ unit: sign, maxLength: 4 });
const number = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(0.5, -0.25, 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, 1e300, 5e-324),
);
const nothing = fc.constantFrom(undefined, null);
const mixed = fc.oneof(nothing, number, text, fc.boolean());
const doc: fc.Arbitrary<Doc> = fc.record(
  {
    number: fc.oneof(nothing, number),
    text: fc.oneof(nothing, text),
    flag: fc.oneof(nothing, fc.boolean()),
    mixed,
    deep: fc.oneof(
      nothing,
      text,
      fc.record({ er: mixed, number: fc.oneof(nothing, number) }, { requiredKeys: [] }),
    ),
    list: fc.array(
      fc.oneof(
        text,
        number,
        nothing.map(() => null),
      ),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
const id = fc.string({ unit: sign, minLength: 1, maxLength: 3 });
const docs = fc.uniqueArray(fc.record({ id, doc }), { selector: (each) => each.id, maxLength: 25 });

const path = fc.constantFrom(
  'number',
  'text',
  'flag',
  'mixed',
  'deep.er',
  'deep.number',
  'never',
  'never.there',
);
const scalar = fc.oneof(fc.constant(null), number, text, fc.boolean());
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ path, equals: scalar }),
  fc.record({ path, atLeast: scalar }),
  fc.record({ path, atMost: scalar }),
  fc.record({ paths: fc.array(path, { maxLength: 3 }), contains: fc.string({ unit: sign, maxLength: 2 }) }),
);
/** Of one kind each: the order of kinds is the engine's own. */
const sort = fc.record({
  path: fc.constantFrom('number', 'text', 'flag', 'deep.number', 'never'),
  direction: fc.constantFrom('ascending', 'descending'),
});
const query: fc.Arbitrary<Omit<ViewQuery, 'cursor'>> = fc.record(
  { where: fc.array(condition, { maxLength: 2 }), sort, limit: fc.integer({ min: 1, max: 6 }) },
  { requiredKeys: ['limit'] },
);
const queries = fc.array(query, { minLength: 1, maxLength: 6 });
const indexes = fc.subarray([['text', 'number'], ['number'], ['flag', 'deep.number'], ['mixed']]);

describe('A query of a view', () => {
  const site = mongoSite();
  const mongo = new MongoViews(site.databases);
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'find-'));
    engine = openEmbedded({ dataDir });
  });
  afterAll(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
    await site.dispose();
  });

  const pages = async (view: View<Doc>, asked: ViewQuery) => {
    const all: unknown[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await view.find(cursor === undefined ? asked : { ...asked, cursor });
      // As JSON: whether what is undefined is a property, and the sign of zero, are not kept.
      all.push(JSON.parse(JSON.stringify(page.items)));
      cursor = page.nextCursor;
    }
    return all;
  };

  it('finds the same pages in MongoDB as in the embedded engine', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(docs, queries, indexes, async (written, asked, indexed) => {
        const name = `random_${++run}`;
        const both = [engine.views, mongo].map((views) => views.open<Doc>({ name, indexes: indexed }));
        const changes = written.map((each, n) => ({ ...each, position: positionAt(n) }));
        await Promise.all(both.map((view) => view.write(changes, null)));
        for (const each of asked) {
          const [embedded, found] = await Promise.all(both.map((view) => pages(view, each)));
          expect(found).toStrictEqual(embedded);
        }
        await mongo.drop(name);
        await engine.views.drop(name);
      }),
      { numRuns: 60 },
    );
  });

  it('goes through values of every kind once, in either direction', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(docs, fc.integer({ min: 1, max: 4 }), async (written, limit) => {
        const name = `mixed_${++run}`;
        const view = mongo.open<Doc>({ name, indexes: [['mixed']] });
        await view.write(
          written.map((each, n) => ({ ...each, position: positionAt(n) })),
          null,
        );
        for (const direction of ['ascending', 'descending'] as const) {
          const by = { path: 'mixed', direction };
          const whole = await pages(view, { sort: by, limit: 99 });
          expect((await pages(view, { sort: by, limit })).flat()).toStrictEqual(whole.flat());
          expect(whole.flat()).toHaveLength(written.length);
        }
        await mongo.drop(name);
      }),
      { numRuns: 15 },
    );
  });
});
