import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Field, type NamedSchema, nameOf, type Schema } from '../../schemas/model.js';
import { readContract } from './contract.js';
import { filesBelow } from './load.js';

const events = readContract('.');

const fieldsIn = (schema: Schema): readonly Field[] => {
  switch (schema.type) {
    case 'record':
      return schema.fields.flatMap((field) => [field, ...fieldsIn(field.schema)]);
    case 'array':
      return fieldsIn(schema.items);
    case 'map':
      return fieldsIn(schema.values);
    case 'union':
      return schema.branches.flatMap(fieldsIn);
    default:
      return [];
  }
};

const schemasIn = (schema: Schema): readonly Schema[] => {
  const inner = fieldsIn(schema).map((field) => field.schema);
  const parts = inner.flatMap((each) => {
    if (each.type === 'union') return [each, ...each.branches];
    return each.type === 'array' ? [each, each.items] : [each];
  });
  return [schema, ...parts];
};

const isNamed = (schema: Schema): schema is NamedSchema => 'fullName' in schema;
const hasDoc = ({ attributes }: Pick<Field, 'attributes'>): boolean =>
  typeof attributes['doc'] === 'string' && /^[A-Z`0-9].*\.$|null/.test(attributes['doc']);

/** `place: what` for everything in an event that is not as it should be. */
const findings = (wrong: (event: (typeof events)[number]) => readonly string[]): readonly string[] =>
  events.flatMap((event) => wrong(event).map((what) => `${event.type}: ${what}`));

describe('The public schemas', () => {
  it('say what every record, enum and field is', () => {
    const without = findings(({ schema }) => [
      ...schemasIn(schema)
        .filter(isNamed)
        .filter((each) => !hasDoc(each))
        .map(nameOf),
      ...fieldsIn(schema)
        .filter((field) => !hasDoc(field))
        .map(({ name }) => name),
    ]);
    expect(without).toEqual([]);
  });

  it('are in the namespace of their domain, and share types in commerce.common', () => {
    const elsewhere = findings(({ schema, file }) => {
      const own = `commerce.${file.split('/').at(-2) ?? ''}`;
      return schemasIn(schema)
        .filter(isNamed)
        .map(({ fullName }) => fullName)
        .filter((name) => !name.startsWith(`${own}.`) && !name.startsWith('commerce.common.'));
    });
    expect(elsewhere).toEqual([]);
  });

  it('use every shared type', () => {
    const used = new Set(
      events
        .flatMap(({ schema }) => schemasIn(schema))
        .filter(isNamed)
        .map(({ name }) => name),
    );
    const shared = filesBelow('schemas/avro/common').map((file) => /(\w+)\.avsc$/.exec(file)?.[1] ?? file);
    expect(shared.filter((name) => !used.has(name))).toEqual([]);
  });

  it('have no fractions, no bytes and no maps', () => {
    const kinds = ['float', 'double', 'bytes', 'fixed', 'map'];
    const found = findings(({ schema }) =>
      schemasIn(schema)
        .map(({ type }) => type)
        .filter((type) => kinds.includes(type)),
    );
    expect(found).toEqual([]);
  });

  it('have money as a long of minor units and a currency', () => {
    const amounts = ['amount', 'total', 'price', 'unitPrice', 'lineTotal', 'previous'];
    const wrong = findings(({ schema }) =>
      fieldsIn(schema)
        .filter(({ name }) => amounts.includes(name) || /(amount|price|total)$/i.test(name))
        .filter(({ schema: type }) => {
          const known = type.type === 'union' ? type.branches[1] : type;
          return !known || nameOf(known) !== 'commerce.common.Money';
        })
        .map(({ name }) => name),
    );
    expect(wrong).toEqual([]);
    const money: unknown = JSON.parse(readFileSync('schemas/avro/common/Money.avsc', 'utf8'));
    expect(money).toMatchObject({
      fields: [
        { name: 'amountMinor', type: 'long' },
        { name: 'currency', type: 'string' },
      ],
    });
  });

  it('have instants as timestamp-millis, in fields that end in At', () => {
    const wrong = findings(({ schema }) =>
      fieldsIn(schema)
        .filter(({ name, schema: type }) => /At$/.test(name) !== (type.logical?.name === 'timestamp-millis'))
        .map(({ name }) => name),
    );
    expect(wrong).toEqual([]);
  });

  it('have no logical types but that one', () => {
    const found = findings(({ schema }) => schemasIn(schema).flatMap(({ logical }) => logical?.name ?? []));
    expect([...new Set(found.map((each) => each.split(': ')[1]))]).toEqual(['timestamp-millis']);
  });

  it('have unions for what may be null only, with null as the default', () => {
    const wrong = findings(({ schema }) =>
      fieldsIn(schema)
        .filter(({ schema: type }) => type.type === 'union')
        .filter(({ schema: type, default: given }) => {
          const branches = type.type === 'union' ? type.branches : [];
          return branches.length !== 2 || branches[0]?.type !== 'null' || given?.value !== null;
        })
        .map(({ name }) => name),
    );
    expect(wrong).toEqual([]);
  });

  it('have enums with UNKNOWN, as the default', () => {
    const wrong = findings(({ schema }) =>
      schemasIn(schema)
        .filter((each) => each.type === 'enum')
        .filter((each) => each.default !== 'UNKNOWN')
        .map(nameOf),
    );
    expect(wrong).toEqual([]);
  });

  it('say of personal data that it is sealed', () => {
    const personal = events.flatMap(({ type, schema }) =>
      fieldsIn(schema)
        .filter(({ attributes }) => String(attributes['doc']).startsWith('Personal data'))
        .map(({ name, attributes }) => [
          `${type}.${name}`,
          /sealed \(AES-256-GCM\)/.test(String(attributes['doc'])),
        ]),
    );
    expect(Object.fromEntries(personal)).toEqual({
      'OrderPlaced.contact': true,
      'OrderPlaced.shippingAddress': true,
      'ShippingPlanned.shippingAddress': true,
    });
  });
});
