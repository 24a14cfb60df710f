import { describe, expect, it } from '@jest/globals';
import { judge, type Mode } from './judge.js';
import { parseSchema } from './parse.js';

const record = (...fields: readonly object[]) => ({ type: 'record', name: 'R', fields });
const f = (type: unknown, more: object = {}) => ({ name: 'f', type, ...more });
const timestamp = (unit: string) => ({ type: 'long', logicalType: `timestamp-${unit}` });

const verdict = (old: unknown, next: unknown, mode: Mode = 'BACKWARD') =>
  judge(parseSchema(next), [parseSchema(old)], { mode, registryOnly: false });
const violations = (...given: Parameters<typeof verdict>) =>
  verdict(...given).violations.map(({ rule, path }) => `${rule} ${path}`);
const notes = (...given: Parameters<typeof verdict>) =>
  verdict(...given).notes.map(({ rule, path }) => `${rule} ${path}`);

describe('A change of meaning is found', () => {
  it.each<[string, unknown, unknown, string]>([
    [
      'in a union',
      record(f(['null', timestamp('millis')])),
      record(f(['null', timestamp('micros')])),
      'TIME_UNIT_CHANGED /fields/0/type/1',
    ],
    [
      'from a type to a union',
      record(f(timestamp('millis'))),
      record(f(['null', timestamp('nanos')])),
      'TIME_UNIT_CHANGED /fields/0/type',
    ],
    [
      'in an array',
      { type: 'array', items: timestamp('millis') },
      { type: 'array', items: timestamp('micros') },
      'TIME_UNIT_CHANGED /items',
    ],
    [
      'behind an alias',
      record(f(timestamp('millis'))),
      record({ name: 'g', aliases: ['f'], type: timestamp('micros') }),
      'TIME_UNIT_CHANGED /fields/0/type',
    ],
    ['in a promotion', { type: 'int', logicalType: 'date' }, timestamp('millis'), 'LOGICAL_TYPE_CHANGED /'],
    [
      'in a fixed',
      { type: 'fixed', name: 'F', size: 12 },
      { type: 'fixed', name: 'F', size: 12, logicalType: 'duration' },
      'LOGICAL_TYPE_ADDED /',
    ],
    [
      'between unknown logical types',
      { type: 'long', logicalType: 'cents' },
      { type: 'long', logicalType: 'euros' },
      'LOGICAL_TYPE_CHANGED /',
    ],
    [
      'currency',
      record(f('long', { currency: 'EUR' })),
      record(f('long', { currency: 'USD' })),
      'UNIT_CHANGED /fields/0',
    ],
    [
      'a unit of the type',
      record(f({ type: 'long', unit: 'kg' })),
      record(f({ type: 'long', unit: 'g' })),
      'UNIT_CHANGED /fields/0',
    ],
  ])('%s', (_where, old, next, found) => {
    expect(violations(old, next)).toEqual([found]);
  });

  it('through a record that refers to itself', () => {
    const list = (unit: string) =>
      record(f(['null', 'R'], { default: null }), { name: 'at', type: timestamp(unit) });
    expect(violations(list('millis'), list('micros'))).toEqual(['TIME_UNIT_CHANGED /fields/1/type']);
  });
});

describe('No change of meaning is', () => {
  it.each<[string, unknown, unknown]>([
    [
      'another word for the same unit',
      record(f('long', { unit: 'ms' })),
      record(f('long', { unit: 'milliseconds' })),
    ],
    [
      'a unit said for the first time',
      record(f('long')),
      record(f('long', { unit: 'ms', doc: 'In seconds.' })),
    ],
    [
      'a doc that names two units',
      record(f('long', { doc: 'in seconds' })),
      record(f('long', { doc: 'in minutes, not in seconds' })),
    ],
    [
      'a doc that speaks of time in passing',
      record(f('long', { doc: 'Kept for 30 days.' })),
      record(f('long', { doc: 'Kept for 24 hours.' })),
    ],
    [
      'the unit of a text',
      record(f('string', { doc: 'in seconds' })),
      record(f('string', { doc: 'in minutes' })),
    ],
    ['a uuid read as a string', { type: 'string', logicalType: 'uuid' }, 'string'],
    ['an invalid logical type', 'int', { type: 'int', logicalType: 'timestamp-millis' }],
    [
      'a decimal whose scale is greater than its precision',
      'bytes',
      { type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 },
    ],
  ])('%s', (_what, old, next) => {
    expect(violations(old, next)).toEqual([]);
  });
});

describe('A default', () => {
  const nested = { type: 'record', name: 'N', fields: [{ name: 'n', type: 'int' }] };
  it.each<[unknown, unknown, boolean]>([
    ['int', 2 ** 31, false],
    ['int', -(2 ** 31), true],
    ['int', 1.5, false],
    ['long', 2 ** 53, true],
    ['double', 'NaN', false],
    ['boolean', 0, false],
    ['null', null, true],
    ['string', null, false],
    ['bytes', '\u00ff', true],
    ['bytes', '\u0100', false],
    [{ type: 'fixed', name: 'F', size: 2 }, 'ab', true],
    [{ type: 'fixed', name: 'F', size: 2 }, 'abc', false],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, 'B', false],
    [{ type: 'array', items: 'int' }, [1, 'a'], false],
    [{ type: 'map', values: 'int' }, { a: 1 }, true],
    [{ type: 'map', values: 'int' }, [1], false],
    [['null', 'int'], 'a', false],
    [nested, { n: 1 }, true],
    [nested, {}, false],
  ])('of %j may be %j: %s', (type, value, valid) => {
    const next = record(f(type, { default: value }));
    expect(violations(record(), next)).toEqual(valid ? [] : ['INVALID_DEFAULT /fields/0/default']);
  });

  it('of the old schema counts only where an old reader needs it', () => {
    const old = record(f('int', { default: 'none' }));
    expect(violations(old, record(f('int')), 'FULL')).toEqual([]);
    expect(violations(old, record(), 'BACKWARD')).toEqual([]);
    expect(violations(old, record(), 'FORWARD')).toEqual(['INVALID_DEFAULT /fields/0/default']);
  });
});

describe('A note, and no violation, is', () => {
  it.each<[string, unknown, unknown, string]>([
    ['a promotion that loses digits', 'long', 'double', 'LOSSY_PROMOTION /'],
    [
      'another namespace',
      { ...record(), namespace: 'a' },
      { ...record(), namespace: 'b' },
      'NAMESPACE_CHANGED /',
    ],
    [
      'a default of a later branch',
      record(),
      record(f(['null', 'int'], { default: 1 })),
      'DEFAULT_OF_LATER_BRANCH /fields/0/default',
    ],
    ['a union branch that the specification would not take', 'int', ['long', 'int'], 'UNION_BRANCH_ORDER /'],
  ])('%s', (_what, old, next, found) => {
    expect(notes(old, next)).toEqual([found]);
    expect(verdict(old, next).compatible).toBe(true);
  });
});
