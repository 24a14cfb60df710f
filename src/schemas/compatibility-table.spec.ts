import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { judge, type Mode } from './judge.js';
import { parseSchema } from './parse.js';
import { type Change } from './testing/change.js';
import { changes } from './testing/changes.js';

const rules = (change: Change, mode: Mode): readonly string[] => {
  const { violations } = judge(parseSchema(change.new), [parseSchema(change.old)], {
    mode,
    registryOnly: false,
  });
  return violations.map(({ rule }) => rule);
};

describe.each(Object.entries(changes))('%s', (_section, rows) => {
  it.each(rows)('$change', (change) => {
    expect(rules(change, 'BACKWARD')).toEqual(change.backward);
    expect(rules(change, 'FORWARD')).toEqual(change.forward);
    expect(rules(change, 'NONE')).toEqual([]);
  });
});

const cell = (broken: readonly string[]): string => (broken.length === 0 ? 'yes' : 'no');
const rowOf = ({ change, backward, forward }: Change): readonly string[] => {
  const broken = [...new Set([...backward, ...forward])];
  return [
    change,
    cell(backward),
    cell(forward),
    cell(broken),
    broken.map((rule) => `\`${rule}\``).join(', ') || '—',
  ];
};

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
};

describe('docs/schema-compatibility.md', () => {
  const head = ['change', 'BACKWARD', 'FORWARD', 'FULL', 'rule that decides'];

  it.each(Object.entries(changes))('has the table of %s', (section, rows) => {
    const text = readFileSync('docs/schema-compatibility.md', 'utf8');
    expect(text).toContain(`### ${section}\n\n${table([head, ...rows.map(rowOf)])}\n`);
  });
});
