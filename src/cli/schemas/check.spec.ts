import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseArguments } from './arguments.js';
import { check } from './check.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'schemas-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (name: string, content: unknown): string => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};

const run = async (...args: readonly string[]) => {
  const lines: string[] = [];
  const problems: string[] = [];
  const options = parseArguments(['check', ...args]);
  if (typeof options === 'string') return { code: 2, lines, problems: [options] };
  if (options.verb !== 'check') throw new Error(`${options.verb} is another command`);
  const code = await check(options, {
    result: (line) => lines.push(line),
    problem: (line) => problems.push(line.replaceAll(`${folder}/`, '')),
  });
  return { code, lines, problems };
};

const verdictOf = z.object({
  compatible: z.boolean(),
  mode: z.string(),
  violations: z.array(
    z.object({ rule: z.string(), path: z.string(), subject: z.string(), kind: z.string() }),
  ),
  notes: z.array(z.object({ rule: z.string(), subject: z.string() })),
});
const verdict = (line = '') => verdictOf.parse(JSON.parse(line));

const record = (name: string, type: unknown) => ({ type: 'record', name, fields: [{ name: 'f', type }] });

describe('schemas check', () => {
  it('ends with 0 when all is compatible, in words', async () => {
    const [old, next] = [write('a.avsc', 'x'), write('b.avsc', record('x.A', 'long'))];
    write('a.avsc', record('x.A', 'int'));
    expect(await run('--old', old, '--new', next, '--mode', 'backward')).toEqual({
      code: 0,
      lines: ['Compatible (BACKWARD).'],
      problems: [],
    });
  });

  it('ends with 1 when something is not, as JSON', async () => {
    const [old, next] = [write('a.avsc', record('x.A', 'int')), write('b.avsc', record('x.A', 'long'))];
    const { code, lines } = await run('--old', old, '--new', next, '--json');
    expect(code).toBe(1);
    expect(verdict(lines[0])).toEqual({
      compatible: false,
      mode: 'FULL_TRANSITIVE',
      violations: [{ rule: 'TYPE_MISMATCH', path: '/fields/0/type', subject: 'x.A', kind: 'registry' }],
      notes: [],
    });
  });

  it('leaves out meaning when the registry is asked', async () => {
    const old = write('a.avsc', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 1 });
    const next = write('b.avsc', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 });
    expect((await run('--old', old, '--new', next)).code).toBe(1);
    expect((await run('--old', old, '--new', next, '--registry-only')).code).toBe(0);
  });

  it.each([
    ['is not there', 'none.avsc', undefined, /^none\.avsc: .*ENOENT/],
    ['is no JSON', 'a.avsc', '{\n"type"}', /^a\.avsc: not JSON at line 2 column 7/],
    [
      'is no schema',
      'a.avsc',
      record('A', ['null', 'strin']),
      /^a\.avsc at \/fields\/0\/type\/1: strin is neither/,
    ],
    ['is an empty folder', '.', undefined, /no \.avsc file is in this folder/],
  ])('ends with 2 and the place when a file %s', async (_what, name, content, problem) => {
    const file = content === undefined ? join(folder, name) : write(name, content);
    const { code, problems } = await run('--old', file, '--new', file);
    expect(code).toBe(2);
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it('ends with 2 when the pairs are not there', async () => {
    const { code, problems } = await run('--pairs', join(folder, 'none.jsonl'));
    expect(code).toBe(2);
    expect(problems).toEqual([expect.stringContaining('ENOENT')]);
  });

  it('finds what a file refers to beside it', async () => {
    write('v1/money.avsc', record('x.Money', 'long'));
    write('v2/money.avsc', record('x.Money', 'string'));
    write('v2/broken.avsc', '{');
    const [old, next] = [
      write('v1/a.avsc', record('x.A', 'Money')),
      write('v2/a.avsc', record('x.A', 'Money')),
    ];
    const { lines } = await run('--old', old, '--new', next, '--mode', 'BACKWARD', '--json');
    expect(verdict(lines[0]).violations).toMatchObject([
      { rule: 'TYPE_MISMATCH', path: '/fields/0/type/fields/0/type' },
    ]);
  });

  it('matches the schemas of folders by name, alias and short name', async () => {
    write('old/same.avsc', record('x.Same', 'int'));
    write('old/renamed.avsc', record('x.Before', 'int'));
    write('old/moved.avsc', record('x.Moved', 'int'));
    write('old/gone.avsc', record('x.Gone', 'int'));
    write('new/deep/same.avsc', record('x.Same', 'string'));
    write('new/renamed.avsc', { ...record('x.After', 'string'), aliases: ['Before'] });
    write('new/moved.avsc', record('y.Moved', 'string'));
    write('new/fresh.avsc', record('x.Fresh', 'string'));
    const { code, lines } = await run(
      '--old',
      join(folder, 'old'),
      '--new',
      join(folder, 'new'),
      '--mode',
      'BACKWARD',
      '--json',
    );
    expect(code).toBe(1);
    const { violations, notes } = verdict(lines[0]);
    expect(violations.map(({ rule, subject }) => `${subject} ${rule}`)).toEqual([
      'x.Same TYPE_MISMATCH',
      'y.Moved TYPE_MISMATCH',
      'x.After TYPE_MISMATCH',
      'x.Gone SCHEMA_REMOVED',
    ]);
    expect(notes).toContainEqual({ rule: 'SCHEMA_ADDED', subject: 'x.Fresh' });
  });

  it('compares with every version under a transitive mode', async () => {
    const versions = ['int', 'long', 'long'].map((type, number) =>
      write(`v${number}.avsc`, record('A', type)),
    );
    const history = versions.slice(0, 2).flatMap((file) => ['--old', file]);
    const next = ['--new', versions[2] ?? ''];
    expect((await run(...history, ...next, '--mode', 'FORWARD')).code).toBe(0);
    expect((await run(...history, ...next, '--mode', 'FORWARD_TRANSITIVE')).code).toBe(1);
  });

  it('judges pairs, a verdict a line, and goes on after an invalid one', async () => {
    const file = write(
      'pairs.jsonl',
      [
        '{"old":"int","new":"\\"long\\"","mode":"BACKWARD","id":7}',
        '{"old":"{\\"type\\":\\"int\\"}","new":["null","int"],"mode":"FORWARD"}',
        '{"old":{"type":"strin"},"new":"int"}',
        '',
        'nonsense',
        '{"old":"int"}',
        '{"old":"int","new":"{\\"type\\""}',
        '{"old":"int","new":"int","mode":"SIDEWAYS"}',
      ].join('\n'),
    );
    const { code, lines } = await run('--pairs', file);
    expect(code).toBe(2);
    const told = lines.map((line) => {
      const pair = verdictOf
        .extend({
          line: z.number(),
          id: z.number().optional(),
          error: z.object({ file: z.string(), path: z.string() }).optional(),
        })
        .parse(JSON.parse(line));
      return [pair.line, pair.compatible, pair.mode, pair.id ?? pair.error?.file];
    });
    expect(told).toEqual([
      [1, true, 'BACKWARD', 7],
      [2, false, 'FORWARD', undefined],
      [3, false, 'FULL_TRANSITIVE', 'old'],
      [5, false, 'FULL_TRANSITIVE', 'line'],
      [6, false, 'FULL_TRANSITIVE', 'new'],
      [7, false, 'FULL_TRANSITIVE', 'new'],
      [8, false, 'FULL_TRANSITIVE', 'line'],
    ]);
  });

  it.each([
    [['--old', 'a'], '--new is missing'],
    [['--new', 'a'], '--old is missing'],
    [['--mode', 'FULL'], '--mode has no meaning here'],
    [['--old', 'a', '--new', 'b', '--mode', 'SOME'], '--mode must be one of BACKWARD'],
    [['--pairs', 'a', '--new', 'b'], '--pairs goes without --old and --new'],
    [['--pears', 'a'], "Unknown option '--pears'"],
    [['it'], 'unknown verb check it'],
  ])('%j: a sentence that names what is wrong', (args, sentence) => {
    expect(parseArguments(['check', ...args])).toEqual(expect.stringContaining(sentence));
  });
});
