import { describe, expect, it } from '@jest/globals';
import { incompatibilities } from './compatibility.js';
import { judge, type Mode } from './judge.js';
import { parseSchema } from './parse.js';

// The cases that Avro's and Confluent's own tests cover, in our words.
const enumOf = (name: string, symbols: string, fallback?: string) => ({
  ...{ type: 'enum', name, symbols: symbols.split('') },
  ...(fallback !== undefined && { default: fallback }),
});
const list = (of: string) => ({
  type: 'record',
  name: 'List',
  fields: [
    { name: 'head', type: of },
    { name: 'tail', type: 'List' },
  ],
});
/** `a:int b:int=0`: fields with type and perhaps default. */
const record = (fields: string, name = 'Record1') => ({
  type: 'record',
  name,
  fields: [...fields.matchAll(/(\w+):(\w+)(?:=(\d))?/g)].map(([, field, type, fallback]) => ({
    ...{ name: field, type },
    ...(fallback !== undefined && { default: Number(fallback) }),
  })),
});
const array = (items: unknown) => ({ type: 'array', items });
const map = (values: unknown) => ({ type: 'map', values });
const nested = (namespace: string) => ({
  type: 'record',
  name: 'Outer',
  fields: [{ name: 'inner', type: ['null', array({ ...record('a:int'), namespace })] }],
});

describe('Apache Avro: reader, writer', () => {
  it.each<[unknown, unknown]>([
    ...['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'].map(
      (same): [string, string] => [same, same],
    ),
    ['long', 'int'],
    ['float', 'int'],
    ['float', 'long'],
    ['double', 'int'],
    ['double', 'long'],
    ['double', 'float'],
    ['string', 'bytes'],
    ['bytes', 'string'],
    [array('long'), array('int')],
    [map('long'), map('int')],
    [enumOf('Enum1', 'ABC'), enumOf('Enum1', 'AB')],
    [enumOf('Enum1', 'AB', 'A'), enumOf('Enum1', 'ABC')],
    [[], []],
    [['int'], []],
    [
      ['int', 'string'],
      ['string', 'int'],
    ],
    [['long'], ['int']],
    [['double'], 'float'],
    [['string'], ['bytes']],
    ['float', ['float']],
    ['float', ['int', 'long', 'float']],
    [record(''), record('a:int')],
    [record('a:int=0'), record('a:int')],
    [record('a:int'), record('a:int=0')],
    [record('a:long'), record('a:int')],
    [record('a:int'), record('a:int b:int')],
    [record('a:int b:int=0'), record('a:int')],
    [record('a:int=0 b:int=0'), record('')],
    [list('int'), list('int')],
    [list('long'), list('int')],
    [nested('one'), nested('two')],
  ])('%j reads %j', (reader, writer) => {
    expect(incompatibilities(parseSchema(reader), parseSchema(writer))).toEqual([]);
  });

  it.each<[unknown, unknown, string]>([
    ['null', 'int', 'TYPE_MISMATCH /'],
    ['int', 'null', 'TYPE_MISMATCH /'],
    ['boolean', 'int', 'TYPE_MISMATCH /'],
    ['int', 'long', 'TYPE_MISMATCH /'],
    ['long', 'float', 'TYPE_MISMATCH /'],
    ['float', 'double', 'TYPE_MISMATCH /'],
    ['string', 'int', 'TYPE_MISMATCH /'],
    ['bytes', 'null', 'TYPE_MISMATCH /'],
    [array('int'), array('long'), 'TYPE_MISMATCH /items'],
    [map('int'), array('int'), 'TYPE_MISMATCH /'],
    [map('int'), map('long'), 'TYPE_MISMATCH /values'],
    [enumOf('Enum1', 'AB'), enumOf('Enum1', 'ABC'), 'MISSING_ENUM_SYMBOLS /symbols'],
    [enumOf('Enum1', 'AB'), enumOf('Enum2', 'AB'), 'NAME_MISMATCH /name'],
    ['int', enumOf('Enum2', 'AB'), 'TYPE_MISMATCH /'],
    [['int'], ['int', 'string'], 'MISSING_UNION_BRANCH /1'],
    [['string', 'double'], 'boolean', 'MISSING_UNION_BRANCH /'],
    ['double', ['string'], 'TYPE_MISMATCH /0'],
    [record('', 'Record2'), record(''), 'NAME_MISMATCH /name'],
    [record('a:int'), record(''), 'READER_FIELD_MISSING_DEFAULT_VALUE /fields/0'],
    [record('a:int b:int=0'), record(''), 'READER_FIELD_MISSING_DEFAULT_VALUE /fields/0'],
    [list('int'), list('long'), 'TYPE_MISMATCH /fields/0/type'],
  ])('%j does not read %j', (reader, writer, found) => {
    const told = incompatibilities(parseSchema(reader), parseSchema(writer)).map(
      ({ rule, path }) => `${rule} ${path}`,
    );
    expect(told).toEqual([found]);
  });
});

const one = record('f1:string');
const withDefault = { ...one, fields: [...one.fields, { name: 'f2', type: 'string', default: 'foo' }] };
const without = { ...one, fields: [...one.fields, { name: 'f2', type: 'string' }] };
const three = { ...one, fields: [...withDefault.fields, { name: 'f3', type: 'string', default: 'bar' }] };

describe('Confluent: the latest version or all of them', () => {
  it.each<[Mode, string, unknown, unknown[], boolean]>([
    ['BACKWARD', 'only the latest counts', without, [one, withDefault], true],
    ['BACKWARD_TRANSITIVE', 'a default taken away', without, [one, withDefault], false],
    ['BACKWARD_TRANSITIVE', 'fields added one by one', three, [one, withDefault], true],
    ['FORWARD', 'only the latest counts', one, [without, withDefault], true],
    ['FORWARD_TRANSITIVE', 'a field without default removed', one, [without, withDefault], false],
    ['FORWARD_TRANSITIVE', 'fields removed one by one', one, [three, withDefault], true],
    ['FULL', 'only the latest counts', without, [one, withDefault], true],
    ['FULL_TRANSITIVE', 'a default taken away', without, [one, withDefault], false],
    ['FULL_TRANSITIVE', 'fields with default', three, [one, withDefault], true],
    ['NONE', 'anything', 'int', [one], true],
  ])('%s: %s', (mode, _what, next, history, compatible) => {
    const schemas = history.map((json) => parseSchema(json));
    expect(judge(parseSchema(next), schemas, { mode, registryOnly: true }).compatible).toBe(compatible);
  });
});
