import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../embedded/index.js';
import { type RegistryServer, serveRegistry } from './serve-registry.js';

const v1 = 'application/vnd.schemaregistry.v1+json';

describe('The REST API of the schema registry', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let server: RegistryServer;
  const faults: unknown[] = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => void faults.push(fields),
  };

  const start = async () => {
    engine = openEmbedded({ dataDir });
    server = await serveRegistry(engine.schemaRegistry, { host: '127.0.0.1', port: 0, logger });
  };
  const stop = async () => {
    await server.close();
    await engine.close();
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'registry-'));
    await start();
  });
  afterEach(async () => {
    await stop();
    await rm(dataDir, { recursive: true });
    expect(faults.splice(0)).toEqual([]);
  });

  const raw = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, {
      method,
      headers: body === undefined ? headers : { 'content-type': v1, ...headers },
      ...(body !== undefined && { body }),
    });
  /** Status and document. */
  const ask = async (method: string, path: string, body?: object): Promise<[number, unknown]> => {
    const response = await raw(method, path, body && JSON.stringify(body));
    return [response.status, await response.json()];
  };
  const register = async (subject: string, schema: unknown, more: object = {}): Promise<unknown> => {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const [status, document] = await ask('POST', path, { schema: JSON.stringify(schema), ...more });
    return status === 200 ? (document as { id: number }).id : document;
  };
  const refused = (code: number, message: unknown = expect.any(String)) => [
    code < 1_000 ? code : Math.floor(code / 100),
    { error_code: code, message },
  ];

  const record = (...fields: readonly string[]) => ({
    ...{ type: 'record', name: 'R' },
    fields: fields.map((field) => {
      const [name, type, fallback] = field.split(/[:=]/);
      return { name, type, ...(fallback !== undefined && { default: Number(fallback) }) };
    }),
  });
  const referring = (...names: readonly string[]) => ({
    ...{ type: 'record', name: 'Referring' },
    fields: names.map((name) => ({ name: name.toLowerCase(), type: name })),
  });
  const toR = (version: number) => ({ references: [{ name: 'R', subject: 'r', version }] });

  describe('subjects and versions', () => {
    it('registers under ids that go on, and lists what there is', async () => {
      expect(await ask('GET', '/subjects')).toEqual([200, []]);
      expect(await register('b', record('x:int'))).toBe(1);
      expect(await register('b', record('x:int', 'y:int=0'))).toBe(2);
      expect(await register('a', record('x:int'))).toBe(1);
      expect(await ask('GET', '/subjects')).toEqual([200, ['a', 'b']]);
      expect(await ask('GET', '/subjects?offset=1&limit=5')).toEqual([200, ['b']]);
      expect(await ask('GET', '/subjects?subjectPrefix=a')).toEqual([200, ['a']]);
      expect(await ask('GET', '/subjects?subjectPrefix=:*:')).toEqual([200, ['a', 'b']]);
      expect(await ask('GET', '/subjects?subjectPrefix=:.:b')).toEqual([200, ['b']]);
      expect(await ask('GET', '/subjects?subjectPrefix=:.other:')).toEqual([200, []]);
      expect(await ask('GET', '/subjects/b/versions')).toEqual([200, [1, 2]]);
      const schema = JSON.stringify(record('x:int', 'y:int=0'));
      const second = { subject: 'b', version: 2, id: 2, schema };
      for (const version of ['2', 'latest', '-1']) {
        expect(await ask('GET', `/subjects/b/versions/${version}`)).toEqual([200, second]);
      }
      expect(await ask('GET', '/subjects/b/versions/2/schema')).toEqual([200, JSON.parse(schema)]);
      expect(await ask('GET', '/schemas?latestOnly=true')).toEqual([
        200,
        [{ subject: 'a', version: 1, id: 1, schema: JSON.stringify(record('x:int')) }, second],
      ]);
      expect(await ask('GET', '/schemas?subjectPrefix=b&offset=1')).toEqual([200, [second]]);
    });

    it('answers by id', async () => {
      await register('a', record('x:int'));
      await register('b', record('x:int'));
      const schema = JSON.stringify(record('x:int'));
      expect(await ask('GET', '/schemas/ids/1')).toEqual([200, { schema }]);
      expect(await ask('GET', '/schemas/ids/1?subject=a&fetchMaxId=true')).toEqual([
        200,
        { schema, maxId: 1 },
      ]);
      expect(await ask('GET', '/schemas/ids/1/schema')).toEqual([200, JSON.parse(schema)]);
      expect(await ask('GET', '/schemas/ids/1/subjects')).toEqual([200, ['a', 'b']]);
      expect(await ask('GET', '/schemas/ids/1/versions')).toEqual([
        200,
        [
          { subject: 'a', version: 1 },
          { subject: 'b', version: 1 },
        ],
      ]);
      expect(await ask('GET', '/schemas/ids/7')).toEqual(refused(40403, 'Schema 7 not found'));
      expect(await ask('GET', '/schemas/ids/7/versions')).toEqual(refused(40403, 'Schema 7 not found'));
      expect(await ask('GET', '/schemas/ids/seven')).toEqual(refused(404, 'HTTP 404 Not Found'));
      expect(await ask('GET', '/schemas/types')).toEqual([200, ['AVRO']]);
    });

    it('looks schemas up', async () => {
      const body = { schema: JSON.stringify(record('x:int')) };
      expect(await ask('POST', '/subjects/a', body)).toEqual(refused(40401, "Subject 'a' not found."));
      await register('a', record('x:long'));
      expect(await ask('POST', '/subjects/a', body)).toEqual(refused(40403, 'Schema not found'));
      expect(await ask('POST', '/subjects/a', { schema: '{}' })).toEqual(refused(42201));
      expect(
        await ask('POST', '/subjects/a', { schema: JSON.stringify(record('x:long')), schemaType: 'AVRO' }),
      ).toEqual([200, { subject: 'a', version: 1, id: 1, schema: JSON.stringify(record('x:long')) }]);
    });

    it('names what is wrong with a subject or version', async () => {
      expect(await ask('GET', '/subjects/a/versions')).toEqual(refused(40401, "Subject 'a' not found."));
      expect(await ask('GET', '/subjects/a/versions/1')).toEqual(refused(40401, "Subject 'a' not found."));
      await register('a', 'string');
      expect(await ask('GET', '/subjects/a/versions/2')).toEqual(refused(40402, 'Version 2 not found.'));
      for (const version of ['0', '-2', 'first', '2147483648', '1.5']) {
        expect(await ask('GET', `/subjects/a/versions/${version}`)).toEqual(refused(42202));
      }
      expect(await register(':.staging:a', 'string')).toEqual(refused(42208)[1]);
      expect(await register('a\u0007', 'string')).toEqual(refused(42208)[1]);
      expect(await register(':.:a', 'string')).toBe(1);
      expect(await ask('GET', '/contexts')).toEqual([200, ['.']]);
    });

    it('refuses other kinds of schemas and what it does not keep, in words', async () => {
      expect(await register('a', {}, { schemaType: 'JSON' })).toEqual({
        error_code: 42201,
        message: 'Invalid schema type JSON: this registry keeps AVRO only',
      });
      expect(await register('a', {}, { schemaType: 'PROTOBUF' })).toMatchObject({ error_code: 42201 });
      expect(await register('a', 'string', { metadata: { properties: {} } })).toMatchObject({
        error_code: 42201,
      });
      expect(await register('a', 'string', { metadata: null, ruleSet: null, references: null })).toBe(1);
    });

    it('sorts what has no order when it is told to normalize', async () => {
      const path = '/subjects/a/versions?normalize=true';
      expect(await ask('POST', path, { schema: '{"type":"int","b":1,"a":2}' })).toEqual([200, { id: 1 }]);
      expect(await ask('GET', '/schemas/ids/1')).toEqual([200, { schema: '{"type":"int","a":2,"b":1}' }]);
      expect(await ask('POST', '/subjects/a', { schema: '{"b":1,"type":"int","a":2}' })).toMatchObject([
        200,
        { id: 1 },
      ]);
    });

    it('survives a restart', async () => {
      await register('a', record('x:int'));
      await ask('PUT', '/config/a', { compatibility: 'NONE' });
      await ask('PUT', '/mode/a', { mode: 'READONLY' });
      await stop();
      await start();
      expect(await ask('GET', '/schemas/ids/1')).toEqual([200, { schema: JSON.stringify(record('x:int')) }]);
      expect(await ask('GET', '/config/a')).toEqual([200, { compatibilityLevel: 'NONE' }]);
      expect(await register('a', record('x:int'))).toMatchObject({ error_code: 42205 });
      expect(await register('b', record('y:int'))).toBe(2);
    });
  });

  describe('references', () => {
    it('are kept, resolved on demand, and tell who refers', async () => {
      await register('r', record('x:int'));
      const id = await register('referring', referring('R'), toR(1));
      const document = { schema: JSON.stringify(referring('R')), ...toR(1) };
      expect(await ask('GET', `/schemas/ids/${String(id)}`)).toEqual([200, document]);
      expect(await ask('GET', '/subjects/r/versions/1/referencedby')).toEqual([200, [id]]);
      expect(await ask('GET', '/subjects/referring/versions/1/referencedby')).toEqual([200, []]);
      const written = { ...referring(), fields: [{ name: 'r', type: record('x:int') }] };
      expect(await ask('GET', '/subjects/referring/versions/1?format=resolved')).toEqual([
        200,
        { subject: 'referring', version: 1, id, schema: JSON.stringify(written), ...toR(1) },
      ]);
      // Serialisers that know no references send the schema written out.
      expect(await ask('POST', '/subjects/referring', { schema: JSON.stringify(written) })).toMatchObject([
        200,
        { version: 1, id },
      ]);
      expect(await register('referring', written)).toBe(id);
    });

    it('may name the latest version, which is written down as it is then', async () => {
      await register('r', record('x:int'));
      await register('r', record('x:int', 'y:int=0'));
      await register('referring', referring('R'), toR(-1));
      expect(await ask('GET', '/subjects/referring/versions/1')).toMatchObject([200, toR(2)]);
    });

    it('must be there', async () => {
      expect(await register('referring', referring('R'), toR(1))).toEqual({
        error_code: 42201,
        message:
          'Invalid schema of type AVRO, details: references: no schema found for R: version 1 of subject "r"',
      });
      expect(await register('referring', referring('R'))).toMatchObject({ error_code: 42201 });
    });

    it('of references are followed, the first version of a name counting', async () => {
      await register('r', record('x:int'));
      await register('r', record('x:int', 'y:int=0'));
      const middle = { ...referring('R'), name: 'Middle' };
      await register('middle', middle, toR(1));
      const both = [{ name: 'Middle', subject: 'middle', version: 1 }, ...toR(2).references];
      const id = await register('outer', referring('Middle', 'R'), { references: both });
      const [, document] = await ask('GET', `/schemas/ids/${String(id)}?format=resolved`);
      expect(JSON.parse((document as { schema: string }).schema)).toEqual({
        ...referring(),
        fields: [
          { name: 'middle', type: { ...middle, fields: [{ name: 'r', type: record('x:int') }] } },
          { name: 'r', type: 'R' },
        ],
      });
    });
  });

  describe('compatibility', () => {
    const check = (subject: string, version: string, schema: unknown) =>
      ask('POST', `/compatibility/subjects/${subject}/versions${version}`, {
        schema: JSON.stringify(schema),
      });

    it('is asked for one version or for those that the mode asks for', async () => {
      await ask('PUT', '/config', { compatibility: 'BACKWARD' });
      await register('a', record('x:int'));
      await register('a', record('x:int', 'y:int=0'));
      const next = record('x:int', 'y:int');
      expect(await check('a', '/latest', next)).toEqual([200, { is_compatible: true }]);
      expect(await check('a', '/2', next)).toEqual([200, { is_compatible: true }]);
      expect(await check('a', '/1', next)).toEqual([200, { is_compatible: false }]);
      expect(await check('a', '', next)).toEqual([200, { is_compatible: true }]);
      await ask('PUT', '/config/a', { compatibility: 'BACKWARD_TRANSITIVE' });
      expect(await check('a', '', next)).toEqual([200, { is_compatible: false }]);
      expect(await check('a', '?verbose=true', next)).toEqual([
        200,
        {
          is_compatible: false,
          messages: [
            expect.stringMatching(
              /^\{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE'.*\/fields\/1 \(version 1\)'\}$/,
            ),
            "{compatibility: 'BACKWARD_TRANSITIVE'}",
          ],
        },
      ]);
      expect(await check('a', '/latest?verbose=true', next)).toEqual([
        200,
        { is_compatible: true, messages: [] },
      ]);
    });

    it('is given where there is nothing yet, but not for a version that is not there', async () => {
      expect(await check('a', '/latest', 'int')).toEqual([200, { is_compatible: true }]);
      expect(await check('a', '', 'int')).toEqual([200, { is_compatible: true }]);
      expect(await check('a', '/1', 'int')).toEqual(refused(40402));
      expect(await check('a', '/zero', 'int')).toEqual(refused(42202));
    });

    it('is not asked of what is no schema; with verbose that is a message', async () => {
      expect(await check('a', '', {})).toEqual(refused(42201));
      expect(await check('a', '?verbose=true', {})).toEqual([
        200,
        {
          is_compatible: false,
          messages: [expect.stringContaining('"type"'), "{compatibility: 'FULL_TRANSITIVE'}"],
        },
      ]);
    });

    it('stops a registration with 409', async () => {
      await register('a', record('x:int'));
      expect(await register('a', record('x:string'))).toEqual({
        error_code: 409,
        message: expect.stringMatching(
          /^Schema being registered is incompatible with an earlier schema for subject "a", details: \[\{errorType:'TYPE_MISMATCH'/,
        ),
      });
      expect(await ask('GET', '/subjects/a/versions')).toEqual([200, [1]]);
    });
  });

  describe('config and mode', () => {
    it('has a global level that can be changed and given back', async () => {
      expect(await ask('GET', '/config')).toEqual([200, { compatibilityLevel: 'FULL_TRANSITIVE' }]);
      expect(await ask('PUT', '/config', { compatibility: 'backward' })).toEqual([
        200,
        { compatibility: 'BACKWARD' },
      ]);
      expect(await ask('GET', '/config')).toEqual([200, { compatibilityLevel: 'BACKWARD' }]);
      expect(await ask('GET', '/config/:.:')).toEqual([200, { compatibilityLevel: 'BACKWARD' }]);
      expect(await ask('DELETE', '/config')).toEqual([200, { compatibilityLevel: 'BACKWARD' }]);
      expect(await ask('GET', '/config')).toEqual([200, { compatibilityLevel: 'FULL_TRANSITIVE' }]);
      expect(await ask('PUT', '/config', { compatibility: 'SIDEWAYS' })).toEqual(refused(42203));
      expect(await ask('PUT', '/config', { alias: 'b' })).toEqual(
        refused(422, 'This registry has no setting alias.'),
      );
    });

    it('has a level for a subject, whether there are schemas or not', async () => {
      expect(await ask('GET', '/config/a')).toEqual(refused(40408));
      expect(await ask('GET', '/config/a?defaultToGlobal=true')).toEqual([
        200,
        { compatibilityLevel: 'FULL_TRANSITIVE' },
      ]);
      expect(await ask('PUT', '/config/a', { compatibility: 'NONE' })).toEqual([
        200,
        { compatibility: 'NONE' },
      ]);
      expect(await ask('GET', '/config/a')).toEqual([200, { compatibilityLevel: 'NONE' }]);
      expect(await ask('DELETE', '/config/a')).toEqual([200, { compatibilityLevel: 'NONE' }]);
      expect(await ask('DELETE', '/config/a')).toEqual(refused(40401));
    });

    it('normalizes where it is configured', async () => {
      expect(await ask('PUT', '/config/a', { normalize: true })).toEqual([200, { normalize: true }]);
      await ask('POST', '/subjects/a/versions', { schema: '{"type":"int","b":1,"a":2}' });
      expect(await ask('GET', '/schemas/ids/1')).toEqual([200, { schema: '{"type":"int","a":2,"b":1}' }]);
      expect(await ask('GET', '/config/a')).toEqual([200, { normalize: true }]);
    });

    it('takes no changes where it is READONLY', async () => {
      await register('a', 'int');
      expect(await ask('GET', '/mode')).toEqual([200, { mode: 'READWRITE' }]);
      expect(await ask('GET', '/mode/a')).toEqual(refused(40409));
      expect(await ask('PUT', '/mode/a', { mode: 'READONLY' })).toEqual([200, { mode: 'READONLY' }]);
      expect(await register('a', 'int')).toEqual({
        error_code: 42205,
        message: 'Subject a is in read-only mode',
      });
      expect(await ask('DELETE', '/subjects/a')).toEqual(refused(42205));
      expect(await ask('DELETE', '/subjects/a/versions/1')).toEqual(refused(42205));
      expect(await ask('PUT', '/config/a', { compatibility: 'NONE' })).toEqual(refused(42205));
      expect(await register('b', 'int')).toBe(1);
      expect(await ask('DELETE', '/mode/a')).toEqual([200, { mode: 'READONLY' }]);
      expect(await ask('DELETE', '/mode/a')).toEqual(refused(40401));
      expect(await register('a', 'int')).toBe(1);
    });

    it('takes no changes at all where it is READONLY_OVERRIDE', async () => {
      await ask('PUT', '/mode/a', { mode: 'READWRITE' });
      await ask('PUT', '/mode', { mode: 'READONLY' });
      expect(await register('a', 'int')).toBe(1);
      await ask('PUT', '/mode', { mode: 'READONLY_OVERRIDE' });
      expect(await register('a', 'int')).toMatchObject({ error_code: 42205 });
      expect(await ask('GET', '/mode/a?defaultToGlobal=true')).toEqual([200, { mode: 'READONLY_OVERRIDE' }]);
      expect(await ask('PUT', '/mode', { mode: 'WRITEONLY' })).toEqual(refused(42204));
    });

    it('takes over ids and versions of another registry in the mode IMPORT', async () => {
      expect(await register('a', 'int', { id: 7 })).toEqual({
        error_code: 42205,
        message: 'Subject a is not in import mode',
      });
      await ask('PUT', '/mode/a', { mode: 'IMPORT' });
      expect(await register('a', 'int')).toMatchObject({ error_code: 42205 });
      expect(await register('a', 'int', { id: 7, version: 3 })).toBe(7);
      expect(await register('a', 'int', { id: 7, version: 3 })).toBe(7);
      // Incompatible, and yet as it is there.
      expect(await register('a', 'string', { id: 9, version: 5 })).toBe(9);
      expect(await register('a', 'long', { id: 9, version: 6 })).toMatchObject({ error_code: 42205 });
      expect(await register('a', 'long', { id: 10, version: 5 })).toMatchObject({ error_code: 42205 });
      expect(await ask('GET', '/subjects/a/versions')).toEqual([200, [3, 5]]);
      await ask('PUT', '/mode/a', { mode: 'READWRITE' });
      expect(await register('b', 'boolean')).toBe(10);
      expect(await ask('PUT', '/mode', { mode: 'IMPORT' })).toEqual(refused(42205));
      expect(await ask('PUT', '/mode?force=true', { mode: 'IMPORT' })).toEqual([200, { mode: 'IMPORT' }]);
    });
  });

  describe('deletion', () => {
    beforeEach(async () => {
      await register('r', record('x:int'));
      await register('r', record('x:int', 'y:int=0'));
    });

    it('hides at first, and removes for good in a second step', async () => {
      expect(await ask('DELETE', '/subjects/r?permanent=true')).toEqual(refused(40405));
      expect(await ask('DELETE', '/subjects/r')).toEqual([200, [1, 2]]);
      expect(await ask('DELETE', '/subjects/r')).toEqual(refused(40404));
      expect(await ask('GET', '/subjects')).toEqual([200, []]);
      expect(await ask('GET', '/subjects?deleted=true')).toEqual([200, ['r']]);
      expect(await ask('GET', '/subjects?deletedOnly=true')).toEqual([200, ['r']]);
      expect(await ask('GET', '/subjects/r/versions')).toEqual(refused(40401));
      expect(await ask('GET', '/subjects/r/versions?deleted=true')).toEqual([200, [1, 2]]);
      expect(await ask('GET', '/subjects/r/versions/1?deleted=true')).toMatchObject([200, { version: 1 }]);
      expect(await ask('GET', '/subjects/r/versions/latest?deleted=true')).toEqual(refused(40402));
      // Data of theirs can still be read.
      expect(await ask('GET', '/schemas/ids/1')).toMatchObject([200, {}]);
      expect(await ask('GET', '/schemas/ids/1/versions')).toEqual([200, []]);
      expect(await ask('GET', '/schemas/ids/1/subjects?deleted=true')).toEqual([200, ['r']]);
      const body = { schema: JSON.stringify(record('x:int')) };
      expect(await ask('POST', '/subjects/r', body)).toEqual(refused(40401));
      expect(await ask('POST', '/subjects/r?deleted=true', body)).toMatchObject([200, { version: 1 }]);

      expect(await ask('DELETE', '/subjects/r?permanent=true')).toEqual([200, [1, 2]]);
      expect(await ask('DELETE', '/subjects/r?permanent=true')).toEqual(refused(40401));
      expect(await ask('GET', '/schemas/ids/1')).toEqual(refused(40403));
      // No id is given a second time.
      expect(await register('r', record('x:int'))).toBe(3);
      expect(await ask('GET', '/subjects/r/versions')).toEqual([200, [1]]);
    });

    it('takes versions one by one', async () => {
      expect(await ask('DELETE', '/subjects/r/versions/1?permanent=true')).toEqual(refused(40407));
      expect(await ask('DELETE', '/subjects/r/versions/1')).toEqual([200, 1]);
      expect(await ask('DELETE', '/subjects/r/versions/1')).toEqual(refused(40406));
      expect(await ask('DELETE', '/subjects/r/versions/3')).toEqual(refused(40402));
      expect(await ask('DELETE', '/subjects/q/versions/1')).toEqual(refused(40401));
      expect(await ask('DELETE', '/subjects/r/versions/none')).toEqual(refused(42202));
      expect(await ask('GET', '/subjects/r/versions')).toEqual([200, [2]]);
      expect(await ask('GET', '/subjects?deletedOnly=true')).toEqual([200, []]);
      expect(await ask('DELETE', '/subjects/r/versions/latest')).toEqual([200, 2]);
      expect(await ask('DELETE', '/subjects/r/versions/1?permanent=true')).toEqual([200, 1]);
      expect(await ask('GET', '/subjects/r/versions?deleted=true')).toEqual([200, [2]]);
    });

    it('is undone by registering again, under the same id and a new number', async () => {
      await ask('DELETE', '/subjects/r/versions/2');
      expect(await register('r', record('x:int', 'y:int=0'))).toBe(2);
      expect(await ask('GET', '/subjects/r/versions')).toEqual([200, [1, 3]]);
      expect(await ask('GET', '/subjects/r/versions?deleted=true')).toEqual([200, [1, 3]]);
    });

    it('leaves what others refer to, with the referrer named', async () => {
      await register('referring', referring('R'), toR(1));
      const message =
        'One or more references exist to the schema {subject=r, version=1}: referring version 1.';
      expect(await ask('DELETE', '/subjects/r')).toEqual(refused(42206, message));
      expect(await ask('DELETE', '/subjects/r/versions/1')).toEqual(refused(42206, message));
      expect(await ask('GET', '/subjects/r/versions')).toEqual([200, [1, 2]]);
      expect(await ask('DELETE', '/subjects/r/versions/2')).toEqual([200, 2]);
      // Gone softly, the referrer no longer holds it, but it may come back: for good it stays.
      await ask('DELETE', '/subjects/referring');
      expect(await ask('DELETE', '/subjects/r')).toEqual([200, [1]]);
      expect(await ask('DELETE', '/subjects/r?permanent=true')).toEqual(refused(42206, message));
      expect(await ask('GET', '/subjects/r/versions/1/referencedby')).toEqual([200, []]);
      expect(await ask('GET', '/subjects/r/versions/1/referencedby?deleted=true')).toEqual([200, [3]]);
      await ask('DELETE', '/subjects/referring?permanent=true');
      expect(await ask('DELETE', '/subjects/r?permanent=true')).toEqual([200, [1, 2]]);
    });

    it('does not count for what comes next, and takes the settings with it in the end', async () => {
      await ask('PUT', '/config/r', { compatibility: 'FULL' });
      await ask('DELETE', '/subjects/r');
      expect(await register('r', record('x:string'))).toBe(3);
      expect(await ask('GET', '/subjects/r/versions')).toEqual([200, [3]]);
      await ask('DELETE', '/subjects/r');
      await ask('DELETE', '/subjects/r?permanent=true');
      expect(await ask('GET', '/config/r')).toEqual(refused(40408));
    });
  });

  describe('HTTP', () => {
    it.each([v1, 'application/vnd.schemaregistry+json', 'application/json', 'application/octet-stream'])(
      'takes bodies of the type %s',
      async (type) => {
        const response = await raw('POST', '/subjects/a/versions', '{"schema":"\\"int\\""}', {
          'content-type': type,
        });
        expect([response.status, await response.json()]).toEqual([200, { id: 1 }]);
      },
    );

    it('answers in the type that is asked for', async () => {
      const typeFor = async (accept: string) => {
        const response = await raw('GET', '/', undefined, { accept });
        return `${response.status} ${response.headers.get('content-type')?.split(';')[0] ?? ''}`;
      };
      expect(await typeFor('*/*')).toBe(`200 ${v1}`);
      expect(await typeFor(`${v1}, application/json;q=0.5`)).toBe(`200 ${v1}`);
      expect(await typeFor('application/json')).toBe('200 application/json');
      expect(await typeFor('text/html')).toBe(`406 ${v1}`);
    });

    it('refuses what it does not understand', async () => {
      expect(await ask('PUT', '/subjects')).toEqual(refused(405));
      expect((await raw('PATCH', '/config/a')).headers.get('allow')).toBe('GET, PUT, DELETE, HEAD');
      expect(await ask('GET', '/subject')).toEqual(refused(404));
      expect(await ask('GET', '/subjects/%zz/versions')).toEqual(refused(400));
      expect(await ask('GET', '/subjects?limit=many')).toEqual(refused(400));
      const broken = await raw('POST', '/subjects/a/versions', '{"schema":');
      expect([broken.status, await broken.json()]).toEqual(refused(400));
      const form = await raw('POST', '/subjects/a/versions', 'schema=int', {
        'content-type': 'application/x-www-form-urlencoded',
      });
      expect([form.status, await form.json()]).toEqual(refused(415));
      expect((await raw('HEAD', '/subjects')).status).toBe(200);
    });

    it.each([[[]], ['text'], [{ schema: 1 }], [{ schema: '"int"', references: [{ name: 'x' }] }], [null]])(
      'refuses the body %j',
      async (body) => {
        const response = await raw('POST', '/subjects/a/versions', JSON.stringify(body));
        expect([response.status, await response.json()]).toEqual(refused(422));
      },
    );

    it('refuses a body that is too large, or nested too deeply', async () => {
      const large = await raw('POST', '/subjects/a', JSON.stringify({ schema: ' '.repeat(1_048_576) }));
      expect([large.status, await large.json()]).toEqual(refused(413));
      const deep = { schema: '['.repeat(100_000) + ']'.repeat(100_000) };
      expect(await ask('POST', '/subjects/a/versions', deep)).toEqual(refused(42201));
      const arrays = { schema: `${'{"type":"array","items":'.repeat(999)}"int"${'}'.repeat(999)}` };
      expect(await ask('POST', '/subjects/a/versions', arrays)).toEqual([200, { id: 1 }]);
      expect(
        await ask('POST', '/subjects/a/versions', {
          ...arrays,
          schema: arrays.schema.replace('"int"', '"long"'),
        }),
      ).toEqual(refused(409));
    });

    it('outlives what is not HTTP', async () => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname);
      socket.end('this is not HTTP\r\n\r\n');
      expect(await textOf(socket)).toMatch(/^HTTP\/1.1 400 /);
      expect(await ask('GET', '/')).toEqual([200, {}]);
    });

    it('says what it is', async () => {
      expect(await ask('GET', '/v1/metadata/id')).toMatchObject([200, { scope: { clusters: {} } }]);
      expect(await ask('GET', '/v1/metadata/version')).toMatchObject([200, { version: expect.any(String) }]);
    });

    it('closes although a connection is kept open', async () => {
      const { hostname, port } = new URL(server.url);
      const idle = connect(Number(port), hostname);
      idle.write(
        'POST /subjects/a HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
      );
      await ask('GET', '/');
      await stop();
      await start();
      idle.destroy();
    });
  });
});
