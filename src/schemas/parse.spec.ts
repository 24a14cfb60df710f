import { describe, expect, it } from '@jest/globals';
import { nameOf } from './model.js';
import { parseSchema, parseSchemas } from './parse.js';
import { readSource } from './source.js';

const record = (name: string, type: unknown, more: object = {}) => ({
  ...{ type: 'record', name, fields: [{ name: 'f', type }] },
  ...more,
});

/** The type of the first field of the first record. */
const typeOf = (schema: ReturnType<typeof parseSchema>) =>
  schema.type === 'record' ? schema.fields[0]?.schema : undefined;

describe('A schema', () => {
  it('has names resolved from its namespace, also in what is nested', () => {
    const schema = parseSchema(record('a.b.Outer', record('Inner', 'Outer')));
    const inner = typeOf(schema);
    expect(inner && nameOf(inner)).toBe('a.b.Inner');
    expect(inner && typeOf(inner)).toBe(schema);
  });

  it('has aliases resolved from its namespace', () => {
    expect(parseSchema(record('A', 'int', { namespace: 'x', aliases: ['B', 'y.C'] }))).toMatchObject({
      aliases: ['x.B', 'y.C'],
    });
  });

  it('may use a name before its definition, and define it twice alike', () => {
    const fixed = { type: 'fixed', name: 'F', size: 4 };
    const fields = [
      { name: 'a', type: 'F' },
      { name: 'b', type: fixed },
      { name: 'c', type: { ...fixed, doc: 'again' } },
    ];
    expect(parseSchema({ type: 'record', name: 'R', fields })).toMatchObject({ type: 'record' });
  });

  it('may refer to other files, also in a circle', () => {
    const [one, two] = parseSchemas([
      { file: 'one.avsc', json: record('x.One', ['null', 'Two']) },
      { file: 'two.avsc', json: record('x.Two', ['null', 'One']) },
    ]);
    expect(one && typeOf(one)).toMatchObject({ branches: [{ type: 'null' }, { fullName: 'x.Two' }] });
    expect(two && typeOf(two)).toMatchObject({
      branches: [{ type: 'null' }, { place: { file: 'one.avsc' } }],
    });
  });

  it('may refer to a library, which does not count otherwise', () => {
    const library = [
      { file: 'money.avsc', json: record('x.Money', 'long') },
      { file: 'other.avsc', json: { type: 'rubbish' } },
    ];
    const schema = parseSchema(record('x.Order', 'Money'), 'order.avsc', library);
    expect(typeOf(schema)).toMatchObject({ fullName: 'x.Money', place: { file: 'money.avsc', path: '' } });
  });

  it.each<[string, unknown, string]>([
    ['an unknown name', record('R', 'strin'), 's.avsc at /fields/0/type: strin is neither defined'],
    [
      'an unknown name in a namespace',
      record('x.R', ['null', 'Z']),
      's.avsc at /fields/0/type/1: x.Z is neither defined',
    ],
    ['no type', { name: 'R' }, 's.avsc: an object that is a schema needs a "type"'],
    [
      'a type within a type',
      { type: { type: 'string' } },
      's.avsc: an object that is a schema needs a "type"',
    ],
    ['a number', 7, 's.avsc: a schema is'],
    ['a bad name', record('R-1', 'int'), 's.avsc: "R-1" is not a valid name'],
    ['the name of a primitive', record('string', 'int'), 's.avsc: string is the name of a type of Avro'],
    ['a bad namespace', record('R', 'int', { namespace: '9.x' }), 's.avsc: "9.x.R" is not a valid name'],
    [
      'a bad field name',
      { ...record('R', 'int'), fields: [{ name: 'a b', type: 'int' }] },
      's.avsc at /fields/0: "a b"',
    ],
    ['no fields', { type: 'record', name: 'R' }, 's.avsc: a record needs a list "fields"'],
    [
      'a field twice',
      {
        type: 'record',
        name: 'R',
        fields: [
          { name: 'f', type: 'int' },
          { name: 'f', type: 'int' },
        ],
      },
      's.avsc at /fields/1: the field f is there twice',
    ],
    [
      'a field without type',
      { type: 'record', name: 'R', fields: [{ name: 'f' }] },
      's.avsc at /fields/0: "type" is missing',
    ],
    [
      'a bad order',
      { type: 'record', name: 'R', fields: [{ name: 'f', type: 'int', order: 'up' }] },
      's.avsc at /fields/0/order',
    ],
    ['a union in a union', ['null', ['int']], 's.avsc at /1: a union directly in a union'],
    [
      'a branch twice',
      ['int', { type: 'int', logicalType: 'date' }],
      's.avsc at /1: int is in the union twice',
    ],
    [
      'two arrays in a union',
      [
        { type: 'array', items: 'int' },
        { type: 'array', items: 'string' },
      ],
      's.avsc at /1: array is',
    ],
    ['no symbols', { type: 'enum', name: 'E' }, 's.avsc: an enum needs a list "symbols"'],
    [
      'a symbol twice',
      { type: 'enum', name: 'E', symbols: ['A', 'A'] },
      's.avsc at /symbols/1: the symbol A',
    ],
    [
      'a default that is no symbol',
      { type: 'enum', name: 'E', symbols: ['A'], default: 'B' },
      's.avsc at /default: B is not',
    ],
    ['a fixed without size', { type: 'fixed', name: 'F' }, 's.avsc: a fixed needs a "size"'],
    [
      'aliases that are no list',
      { type: 'fixed', name: 'F', size: 1, aliases: 'G' },
      's.avsc at /aliases: "aliases" is',
    ],
    ['no items', { type: 'array' }, 's.avsc: "items" is missing'],
    [
      'a name defined in two ways',
      record('R', [
        { type: 'fixed', name: 'F', size: 1 },
        { type: 'map', values: { type: 'fixed', name: 'F', size: 2 } },
      ]),
      's.avsc at /fields/0/type/1/values: F is defined otherwise in s.avsc at /fields/0/type/0',
    ],
  ])('is refused with its place: %s', (_what, json, message) => {
    expect(() => parseSchema(json, 's.avsc')).toThrow(message);
  });

  it.each([
    ['{"type":\n}', 'line 2 column 1'],
    ['{"type": "record",\n "name": "R"\n "fields": []}', 'line 3 column 2'],
    ['{"type": "record", "name": "a long enough name", "doc": nul, "fields": []}', 'line 1 column 60'],
    ['', 'line 1 column 1'],
    ['{"type": "int"', 'line 1 column 15'],
    ['"int" }', 'line 1 column 7'],
  ])('is refused when it is no JSON: %j', (content, place) => {
    expect(() => readSource('s.avsc', content)).toThrow(`s.avsc: not JSON at ${place}: `);
  });
});
