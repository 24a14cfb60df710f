import { describe, expect, it } from '@jest/globals';
import { type Schema } from '../../schemas/model.js';
import { parseSchema } from '../../schemas/parse.js';
import { Decoder } from '../../wire/decoder.js';
import { headerLength, writeHeader } from '../../wire/confluent-format.js';
import { InMemoryRegistry } from '../../wire/testing/in-memory-registry.js';
import { readContract } from './contract.js';
import { goldenVersions, readGolden } from './golden.js';
import { type PublishedVersion, readHistory } from './history.js';
import { judgeContract } from './published.js';

/**
 * What a reader is to make of a written value, said once more in a few words (specification, "Schema Resolution"), for
 * what FULL_TRANSITIVE allows.
 */
const asReadBy = (reader: Schema, writer: Schema, value: unknown): unknown => {
  if (writer.type === 'union') {
    const branch = writer.branches.find(({ type }) => (type === 'null') === (value === null));
    return branch ? asReadBy(reader, branch, value) : value;
  }
  if (reader.type === 'union') {
    const branch = reader.branches.find(({ type }) => type === writer.type);
    return branch ? asReadBy(branch, writer, value) : value;
  }
  if (reader.type === 'array' && writer.type === 'array') {
    return (value as unknown[]).map((item) => asReadBy(reader.items, writer.items, item));
  }
  if (reader.type === 'enum') return reader.symbols.includes(String(value)) ? value : reader.default;
  if (reader.type !== 'record' || writer.type !== 'record') return value;
  const entries = reader.fields.map((field) => {
    const source = writer.fields.find(({ name }) => name === field.name || field.aliases.includes(name));
    const written = (value as Record<string, unknown>)[source?.name ?? ''];
    return [field.name, source ? asReadBy(field.schema, source.schema, written) : field.default?.value];
  });
  return Object.fromEntries(entries) as unknown;
};

describe('asReadBy', () => {
  const record = (...fields: object[]) => parseSchema({ type: 'record', name: 'R', fields });
  const colours = (...symbols: string[]) => ({ type: 'enum', name: 'E', symbols, default: 'UNKNOWN' });

  it('fills in defaults, leaves out, follows aliases and replaces unknown symbols', () => {
    const item = (...fields: object[]) => ({ type: 'array', items: { type: 'record', name: 'I', fields } });
    const old = record(
      { name: 'a', type: 'int' },
      { name: 'gone', type: ['null', 'int'], default: null },
      { name: 'colour', type: colours('UNKNOWN', 'RED') },
      { name: 'items', type: item({ name: 'n', type: 'int' }) },
      { name: 'note', type: ['null', 'string'], default: null },
    );
    const today = record(
      { name: 'b', type: 'int', aliases: ['a'] },
      { name: 'colour', type: colours('UNKNOWN') },
      { name: 'items', type: item({ name: 'n', type: 'int' }, { name: 'm', type: 'int', default: 7 }) },
      { name: 'note', type: ['null', 'string'], default: null },
      { name: 'more', type: ['null', 'string'], default: null },
    );
    const value = { a: 1, gone: 2, colour: 'RED', items: [{ n: 3 }], note: 'x' };
    const expected = { b: 1, colour: 'UNKNOWN', items: [{ n: 3, m: 7 }], note: 'x', more: null };
    expect(asReadBy(today, old, value)).toEqual(expected);
  });
});

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the published history', () => {
  const events = readContract('.');
  const history = readHistory('.');
  const published = [...history.values()].flat();

  it('has golden records for every version, and no others', () => {
    const versions = published.map(({ subject, version }) => `${subject}/${version}`);
    expect([...goldenVersions('.')].sort()).toEqual(versions.sort());
  });

  it('ends with the schemas as they are; otherwise: npm run schemas -- release', () => {
    const changed = judgeContract('.').filter(({ unchanged }) => !unchanged);
    expect(changed.map(({ subject, violations }) => ({ subject, violations }))).toEqual([]);
  });

  const decoded = async ({ subject, version, text }: PublishedVersion): Promise<readonly unknown[]> => {
    const registry = new InMemoryRegistry();
    const { id } = await registry.register(subject, { schema: text });
    const decoder = new Decoder(registry);
    const head = Buffer.alloc(headerLength);
    writeHeader(head, id);
    const values = readGolden('.', subject, version).map(({ base64 }) =>
      Buffer.concat([head, Buffer.from(base64, 'base64')]),
    );
    const results = await Promise.all(values.map((value) => decoder.decode(value)));
    return results.map(({ type, record }) => ({ type, record: plain(record) }));
  };

  // What is no longer there, judgeContract has allowed.
  const readable = published.filter(({ subject }) => events.some((event) => event.subject === subject));

  it.each(readable.map((version) => [`${version.subject} ${version.version}`, version] as const))(
    'is read by today: %s',
    async (_name, version) => {
      const today = events.find(({ subject }) => subject === version.subject);
      if (!today) throw new Error(`schemas/avro has no event of ${version.subject}.`);
      const expected = readGolden('.', version.subject, version.version).map(({ value }) => ({
        type: today.type,
        record: asReadBy(today.schema, version.schema, value),
      }));
      expect(expected.length).toBeGreaterThan(0);
      expect(await decoded(version)).toEqual(expected);
    },
  );
});
