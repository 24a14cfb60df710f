import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { incompatibilities } from './compatibility.js';
import { judge, type Mode } from './judge.js';
import { type Schema } from './model.js';
import { InvalidSchema } from './names.js';
import { parseSchema } from './parse.js';
import { mutate } from './testing/mutate.js';
import { randomSchema } from './testing/random-schema.js';
import { seeded } from './testing/random.js';

const parsed = (make: () => Schema): Schema | undefined => {
  try {
    return make();
  } catch (error) {
    if (error instanceof InvalidSchema) return undefined;
    throw error;
  }
};

const pairs = fc.integer().map((seed) => {
  const random = seeded(seed);
  const json = randomSchema(random);
  return { old: parsed(() => parseSchema(json)), next: parsed(() => parseSchema(mutate(random, json))) };
});

const rules = (next: Schema, old: Schema, mode: Mode, registryOnly = false): readonly string[] =>
  judge(next, [old], { mode, registryOnly })
    .violations.map(({ rule, path, reader }) => `${rule} ${path} ${reader?.version ?? ''}`)
    .sort();

describe('Compatibility', () => {
  it('is given between a schema and itself, unless its aliases contradict one another', () => {
    fc.assert(
      fc.property(pairs, ({ old }) => {
        const found = old ? incompatibilities(old, old) : [];
        expect(found.filter(({ rule }) => rule !== 'AMBIGUOUS_ALIAS')).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('is full when it is backward and forward', () => {
    fc.assert(
      fc.property(pairs, ({ old, next }) => {
        if (!old || !next) return;
        const both = new Set([...rules(next, old, 'BACKWARD'), ...rules(next, old, 'FORWARD')]);
        expect(new Set(rules(next, old, 'FULL'))).toEqual(both);
      }),
      { numRuns: 500 },
    );
  });

  it('forward is backward seen from the other side', () => {
    fc.assert(
      fc.property(pairs, ({ old, next }) => {
        if (!old || !next) return;
        const turned = rules(next, old, 'FORWARD', true).map((rule) => rule.replace(/old$/, 'new'));
        expect(rules(old, next, 'BACKWARD', true)).toEqual(turned);
      }),
      { numRuns: 500 },
    );
  });

  it('finds less when only the registry is asked', () => {
    fc.assert(
      fc.property(pairs, ({ old, next }) => {
        if (!old || !next) return;
        expect(rules(next, old, 'FULL')).toEqual(expect.arrayContaining([...rules(next, old, 'FULL', true)]));
      }),
      { numRuns: 500 },
    );
  });

  it('says whom a change breaks, with which data, where, and what helps', () => {
    const record = (fields: readonly unknown[]) => ({ type: 'record', name: 'x.R', fields });
    const old = parseSchema(record([{ name: 'a', type: 'int' }]), 'old.avsc');
    const next = parseSchema(record([{ name: 'b', type: 'int' }]), 'new.avsc');
    expect(judge(next, [old], { mode: 'BACKWARD', registryOnly: false }).violations).toEqual([
      {
        kind: 'registry',
        rule: 'READER_FIELD_MISSING_DEFAULT_VALUE',
        subject: 'x.R',
        file: 'new.avsc',
        path: '/fields/0',
        reader: { version: 'new', file: 'new.avsc', path: '/fields/0', schema: 'b: int' },
        writer: { version: 'old', file: 'old.avsc', path: '', schema: 'record x.R' },
        message:
          'A reader with the new schema cannot read data of the old schema: the data has no b, and the field has no default.',
        remedy:
          'Give b a default, or, if it is another field by a new name, add the old name to its aliases.',
      },
    ]);
  });

  it('says where the specification would decide otherwise', () => {
    const { violations } = judge(parseSchema('int'), [parseSchema(['null', 'int'])], {
      mode: 'BACKWARD',
      registryOnly: true,
    });
    expect(violations.map(({ message }) => message)).toEqual([
      'A reader with the new schema cannot read data of the old schema: it expects int, and the data has null. The specification resolves datum by datum, so that only data with this value fails; a registry refuses the schema as a whole.',
    ]);
  });
});
