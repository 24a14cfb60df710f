import { describe, expect, it } from '@jest/globals';
import { canonicalText, type Wording } from './canonical.js';
import { parseSchemas } from './parse.js';
import { readSource } from './source.js';

const plain: Wording = { inlined: false, normalized: false };
const normalized: Wording = { inlined: false, normalized: true };

/** Of the last document; the others are what it may refer to. */
const text = (wording: Wording, ...documents: readonly string[]): string => {
  const schemas = parseSchemas(documents.map((document, at) => readSource(`document ${at}`, document)));
  const last = schemas.at(-1);
  if (last === undefined) throw new Error('No document was given.');
  return canonicalText(last, wording);
};

/** As Java Avro 1.12 prints them (Schema.toString); on random schemas it was compared with it outside the suite. */
describe('Canonical text of a schema', () => {
  it.each([
    ['{"type": "string"}', '"string"'],
    // Java Avro drops what means nothing on a primitive type.
    [
      '{"type": "string", "doc": "x", "avro.java.string": "String"}',
      '{"type":"string","avro.java.string":"String"}',
    ],
    ['["null", {"values": "int", "type": "map"}]', '["null",{"type":"map","values":"int"}]'],
    [
      '{"size": 4, "doc": "D", "type": "fixed", "name": "a.b.F", "x": 1, "aliases": ["G", "c.H"]}',
      '{"type":"fixed","name":"F","namespace":"a.b","doc":"D","size":4,"x":1,"aliases":["G","c.H"]}',
    ],
    [
      '{"default": "A", "symbols": ["A"], "name": "E", "type": "enum"}',
      '{"type":"enum","name":"E","symbols":["A"],"default":"A"}',
    ],
  ])('%s is %s', (document, expected) => {
    expect(text(plain, document)).toBe(expected);
  });

  it('keeps what the fields say, in one order, and names relative to their namespace', () => {
    const document = `{
      "fields": [
        {"type": "long", "order": "ignore", "name": "n", "x": [true], "aliases": ["m"], "default": 1, "doc": ""},
        {"order": "ascending", "name": "next", "type": ["null", "a.R"]},
        {"name": "other", "type": {"type": "record", "name": "b.S", "fields": [{"name": "r", "type": "a.R"}]}},
        {"name": "bare", "type": {"type": "fixed", "name": "T", "namespace": "", "size": 1}}
      ],
      "doc": "R", "name": "a.R", "type": "record"
    }`;
    expect(text(plain, document)).toBe(
      '{"type":"record","name":"R","namespace":"a","doc":"R","fields":[' +
        '{"name":"n","type":"long","doc":"","default":1,"order":"ignore","aliases":["m"],"x":[true]},' +
        '{"name":"next","type":["null","R"]},' +
        '{"name":"other","type":{"type":"record","name":"S","namespace":"b","fields":[{"name":"r","type":"a.R"}]}},' +
        '{"name":"bare","type":{"type":"fixed","name":"T","namespace":"","size":1}}]}',
    );
  });

  it('writes numbers as they were written', () => {
    const document =
      '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":9223372036854775807},' +
      '{"name":"b","type":"double","default":1.0,"x":{"y":[1e3,0.10]}}]}';
    expect(text(plain, document)).toBe(document);
  });

  it('sorts what has no order when it is normalized', () => {
    const one = '{"type":"int","b":{"d":1,"c":[2,1]},"a":1}';
    expect(text(plain, one)).toBe(one);
    expect(text(normalized, one)).toBe('{"type":"int","a":1,"b":{"c":[2,1],"d":1}}');
    const aliased = '{"type":"fixed","name":"F","size":1,"aliases":["B","A"]}';
    expect(text(normalized, aliased)).toBe('{"type":"fixed","name":"F","size":1,"aliases":["A","B"]}');
  });

  it('names what other documents define, or writes it out once', () => {
    const money = '{"type":"record","name":"a.Money","fields":[{"name":"amount","type":"long"}]}';
    const priced =
      '{"type":"record","name":"Priced","namespace":"a","fields":[{"name":"net","type":"Money"},{"name":"gross","type":"a.Money"}]}';
    expect(text(plain, money, priced)).toBe(priced.replace('"a.Money"', '"Money"'));
    expect(text({ ...plain, inlined: true }, money, priced)).toBe(
      '{"type":"record","name":"Priced","namespace":"a","fields":[{"name":"net","type":{"type":"record",' +
        '"name":"Money","fields":[{"name":"amount","type":"long"}]}},{"name":"gross","type":"Money"}]}',
    );
  });
});
