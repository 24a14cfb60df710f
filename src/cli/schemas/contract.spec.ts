import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { InMemoryRegistry } from '../../wire/testing/in-memory-registry.js';
import { parseArguments } from './arguments.js';
import { run } from './run.js';

let root = '';
let registry = new InMemoryRegistry();
let closed = 0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'contract-'));
  registry = new InMemoryRegistry();
  closed = 0;
  write('schemas/compatibility.json', { default: 'FULL_TRANSITIVE', subjects: {} });
  write('schemas/avro/common/Money.avsc', {
    ...record('common', 'Money', field('amountMinor', 'long'), field('currency', 'string')),
  });
  write(sold, record('shop', 'Sold', field('id', 'string'), field('price', 'commerce.common.Money')));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const sold = 'schemas/avro/shop/Sold.avsc';
const subject = 'commerce.shop.events-commerce.shop.Sold';

const write = (name: string, content: unknown): void => {
  const file = join(root, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
};
const readText = (name: string): string => readFileSync(join(root, name), 'utf8');
const field = (name: string, type: unknown, rest: object = {}) => ({ name, type, doc: 'A field.', ...rest });
const record = (domain: string, name: string, ...fields: object[]) => ({
  type: 'record',
  name,
  namespace: `commerce.${domain}`,
  doc: 'A record.',
  fields,
});

const schemas = async (...args: readonly string[]) => {
  const results: string[] = [];
  const problems: string[] = [];
  const command = parseArguments(args);
  if (typeof command === 'string') return { code: 2, results, problems: [command] };
  const short = (line: string): string => line.replaceAll(`${root}/`, '');
  const code = await run(command, {
    root,
    output: {
      result: (line) => results.push(short(line)),
      problem: (line) => problems.push(short(line)),
    },
    openRegistry: () =>
      Promise.resolve({
        registry: registry,
        where: 'here',
        close: () => {
          closed += 1;
          return Promise.resolve();
        },
      }),
  });
  return { code, results, problems };
};

const verdictOf = z.object({
  compatible: z.boolean(),
  violations: z.array(z.object({ rule: z.string() })),
  subjects: z.array(z.object({ subject: z.string(), mode: z.string(), compatible: z.boolean() })),
});
const check = async () => {
  const { code, results } = await schemas('check', '--json');
  const { compatible, violations, subjects } = verdictOf.parse(JSON.parse(results[0] ?? ''));
  return { code, compatible, rules: violations.map(({ rule }) => rule), subjects };
};

describe('schemas release', () => {
  it('publishes what is new or changed, self-contained and with golden records, and nothing twice', async () => {
    expect(await schemas('release')).toEqual({
      code: 0,
      results: [`${subject}: version 1.`, '1 of 1 subjects released; the others are as they were.'],
      problems: [],
    });
    const first = readText(`schemas/history/${subject}/1.avsc`);
    expect(JSON.parse(first)).toMatchObject({
      fields: [{ name: 'id' }, { name: 'price', type: { name: 'Money', namespace: 'commerce.common' } }],
    });
    expect((await schemas('release')).results).toEqual([
      '0 of 1 subjects released; the others are as they were.',
    ]);
    const more = field('note', ['null', 'string'], { default: null });
    write(sold, record('shop', 'Sold', field('id', 'string'), field('price', 'commerce.common.Money'), more));
    expect((await schemas('check')).results).toEqual([
      `${subject}: not published as it is now; npm run schemas -- release`,
      '1 subjects: all compatible with what is published.',
    ]);
    expect((await schemas('release')).results[0]).toBe(`${subject}: version 2.`);
    expect(readText(`schemas/history/${subject}/1.avsc`)).toBe(first);
    expect(readdirSync(join(root, `schemas/golden/${subject}`))).toEqual(['1.json', '2.json']);
    const golden = z
      .array(z.object({ value: z.unknown() }))
      .parse(JSON.parse(readText(`schemas/golden/${subject}/2.json`)));
    expect(golden.map(({ value }) => value)).toEqual([
      { id: 'id', price: { amountMinor: 1999, currency: 'EUR' }, note: 'note' },
      { id: '', price: { amountMinor: Number.MIN_SAFE_INTEGER, currency: '' }, note: null },
      {
        id: expect.stringContaining('漢字'),
        price: { amountMinor: Number.MAX_SAFE_INTEGER, currency: expect.any(String) },
        note: expect.any(String),
      },
    ]);
  });

  it('publishes nothing when one schema may not follow', async () => {
    await schemas('release');
    write(sold, record('shop', 'Sold', field('id', 'string')));
    write('schemas/avro/shop/Bought.avsc', record('shop', 'Bought', field('id', 'string')));
    const { code, problems } = await schemas('release');
    expect([code, problems.at(-1)]).toEqual([1, 'Nothing was released.']);
    expect(readdirSync(join(root, 'schemas/history'))).toEqual([subject]);
  });
});

describe('schemas check of the contract', () => {
  it('judges by every published version, in the mode of the subject', async () => {
    await schemas('release');
    write(
      sold,
      record(
        'shop',
        'Sold',
        field('id', 'string'),
        field('price', 'commerce.common.Money'),
        field('n', 'int'),
      ),
    );
    expect(await check()).toEqual({
      code: 1,
      compatible: false,
      rules: ['READER_FIELD_MISSING_DEFAULT_VALUE'],
      subjects: [{ subject, mode: 'FULL_TRANSITIVE', compatible: false }],
    });
    write('schemas/compatibility.json', { default: 'FULL', subjects: { [subject]: 'forward' } });
    const subjects = [{ subject, mode: 'FORWARD', compatible: true }];
    expect(await check()).toEqual({ code: 0, compatible: true, rules: [], subjects });
  });

  it('sees a change of what several records share', async () => {
    await schemas('release');
    write('schemas/avro/common/Money.avsc', record('common', 'Money', field('amountMinor', 'double')));
    expect((await check()).rules).toContain('TYPE_MISMATCH');
  });

  it('misses what was published', async () => {
    await schemas('release');
    rmSync(join(root, sold));
    write('schemas/avro/shop/Bought.avsc', record('shop', 'Bought', field('id', 'string')));
    const { code, rules } = await check();
    expect([code, rules]).toEqual([1, ['SCHEMA_REMOVED']]);
    write('schemas/compatibility.json', { default: 'FULL', subjects: { [subject]: 'NONE' } });
    expect((await check()).code).toBe(0);
  });

  it.each<[string, () => void, string]>([
    [
      'a version that is gone',
      () => {
        rmSync(join(root, `schemas/history/${subject}/1.avsc`));
      },
      'has no version',
    ],
    [
      'a version between others',
      () => {
        cpSync(
          join(root, `schemas/history/${subject}/1.avsc`),
          join(root, `schemas/history/${subject}/3.avsc`),
        );
      },
      `schemas/history/${subject}/2.avsc: version 2 of ${subject} is missing`,
    ],
    [
      'a mode that there is not',
      () => {
        write('schemas/compatibility.json', { default: 'SOME', subjects: {} });
      },
      'compatibility.json',
    ],
    [
      'a file in the wrong place',
      () => {
        write('schemas/avro/shop/Other.avsc', record('shop', 'Gift'));
      },
      'belongs into schemas/avro/shop/Gift.avsc',
    ],
    [
      'an event that is no record',
      () => {
        write('schemas/avro/shop/Other.avsc', '"string"');
      },
      'an event is a record',
    ],
    [
      'an unknown name',
      () => {
        write(sold, record('shop', 'Sold', field('a', 'Money')));
      },
      'commerce.shop.Money is neither defined',
    ],
  ])('says where: %s', async (_what, spoil, sentence) => {
    await schemas('release');
    spoil();
    const { code, problems } = await schemas('check');
    expect(code).toBe(2);
    expect(problems.join()).toContain(sentence);
  });
});

describe('schemas types and docs', () => {
  it.each(['types', 'docs'])(
    '%s: say when the files are out of date, and how to write them',
    async (verb) => {
      mkdirSync(join(root, 'src/wire'), { recursive: true });
      mkdirSync(join(root, 'docs'));
      await schemas('release');
      const before = await schemas(verb, '--check');
      expect(before.code).toBe(1);
      for (const problem of before.problems) {
        expect(problem).toMatch(new RegExp(`is out of date. Write it anew: npm run schemas -- ${verb}$`));
      }
      expect((await schemas(verb)).code).toBe(0);
      expect((await schemas(verb, '--check')).code).toBe(0);
      write(sold, record('shop', 'Sold', field('other', 'string')));
      expect((await schemas(verb, '--check')).code).toBe(1);
    },
  );

  it('make interfaces of records', async () => {
    mkdirSync(join(root, 'src/wire'), { recursive: true });
    const state = {
      type: 'enum',
      name: 'State',
      symbols: ['UNKNOWN', 'OPEN'],
      default: 'UNKNOWN',
      doc: 'How it is.',
    };
    write(
      sold,
      record(
        'shop',
        'Sold',
        field('at', { type: 'long', logicalType: 'timestamp-millis' }, { doc: 'When */ it was.' }),
        field('prices', { type: 'array', items: ['null', 'commerce.common.Money'] }),
        field('state', ['null', state]),
        field('tags', { type: 'map', values: 'boolean' }),
      ),
    );
    await schemas('types');
    expect(readText('src/wire/events.generated.ts')).toContain(`/** A record. */
export interface Sold {
  /** When * / it was. Milliseconds since 1970. */
  readonly at: number;
  /** A field. */
  readonly prices: readonly (Money | null)[];
  /** A field. */
  readonly state: State | null;
  /** A field. */
  readonly tags: Readonly<Record<string, boolean>>;
}`);
    expect(readText('src/wire/events.generated.ts')).toContain(`export type State = 'UNKNOWN' | 'OPEN';`);
  });

  it('refuse two types of one short name', async () => {
    write('schemas/avro/shop/Money.avsc', record('shop', 'Money', field('price', 'commerce.common.Money')));
    const { code, problems } = await schemas('types');
    expect([code, problems[0]]).toEqual([2, expect.stringContaining('differ in their namespaces only')]);
  });
});

describe('schemas register and diff', () => {
  it('register everything, and show what would change', async () => {
    const before = await schemas('diff');
    expect([before.code, before.results.at(-1)]).toEqual([
      0,
      'At here: 59 new, 0 new version, 0 unchanged, 0 incompatible.',
    ]);
    const registered = await schemas('register');
    expect([registered.code, registered.results.at(-1)]).toEqual([0, '59 schemas are registered at here.']);
    const after = await schemas('diff', '--url', 'http://127.0.0.1:9');
    expect([after.code, after.results.at(-1)]).toEqual([
      0,
      'At here: 0 new, 0 new version, 59 unchanged, 0 incompatible.',
    ]);
    expect(closed).toBe(3);
  });

  it('end with 1 when a schema may not follow', async () => {
    const delivered = 'commerce.order.events-commerce.order.OrderDelivered';
    await registry.register(delivered, { schema: '"string"' });
    registry.reasons = ['it is a string'];
    const { code, results } = await schemas('diff');
    expect([code, results.find((line) => line.startsWith('incompatible'))]).toEqual([
      1,
      `incompatible  ${delivered}\n  it is a string`,
    ]);
    const registered = await schemas('register');
    expect([registered.code, registered.problems[0]]).toEqual([1, expect.stringContaining('it is a string')]);
    expect(closed).toBe(2);
  });

  it.each([
    [['register', '--url', 'nowhere'], '--url must be an http or https URL'],
    [['types', '--json'], '--json has no meaning here'],
    [['release', '--check'], '--check has no meaning here'],
    [[], 'unknown verb (none)'],
  ])('%j: a sentence that names what is wrong', (args, sentence) => {
    expect(parseArguments(args)).toBe(sentence);
  });
});
