import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEmbedded } from '../../src/adapters/embedded/index.js';
import { brokersForTests, openSite } from '../../src/adapters/kafka/testing/site.js';
import { RemoteSchemaRegistry } from '../../src/adapters/schema-registry/remote-registry.js';
import { serveRegistry } from '../../src/adapters/schema-registry-server/serve-registry.js';
import { publicTypes } from '../../src/wire/avro.js';
import { Encoder } from '../../src/wire/encoder.js';
import { registerSchemas } from '../../src/wire/registration.js';
import { type Line, lineSchema, samplesOf } from './samples.js';

const run = promisify(execFile);
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

interface ServedRegistry {
  readonly url: string;
  readonly dispose: () => Promise<void>;
}

const standalone = (): Promise<ServedRegistry> => {
  const url = process.env['SCHEMA_REGISTRY_URL'] ?? '';
  if (url === '') throw new Error('SCHEMA_REGISTRY_URL is not set: make test-stack sets it.');
  return Promise.resolve({ url, dispose: () => Promise.resolve() });
};

const embedded = async (): Promise<ServedRegistry> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'foreign-consumers-'));
  const engine = openEmbedded({ dataDir });
  const server = await serveRegistry(engine.schemaRegistry, { host: '127.0.0.1', port: 0, logger });
  return {
    url: server.url,
    dispose: async () => {
      await server.close();
      await engine.close();
      await rm(dataDir, { recursive: true });
    },
  };
};

describe("Confluent's consumer for Python", () => {
  let libraries: string;

  beforeAll(async () => {
    const { stdout } = await run('stack/stack', ['wheels', 'test/foreign-consumers/requirements.txt']);
    libraries = stdout.trim();
  });

  /** All that the consumer prints, by key. */
  const consume = async (
    registry: string,
    group: string,
    topics: readonly string[],
  ): Promise<readonly Line[]> => {
    const options = ['--brokers', brokersForTests().join(','), '--registry', registry, '--group', group];
    const { stdout } = await run('python3', ['test/foreign-consumers/consume.py', ...options, ...topics], {
      env: { ...process.env, PYTHONPATH: libraries, PYTHONDONTWRITEBYTECODE: '1' },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 200_000,
    });
    return byKey(
      stdout
        .trim()
        .split('\n')
        .map((line) => lineSchema.parse(JSON.parse(line))),
    );
  };

  const byKey = (lines: readonly Line[]): readonly Line[] =>
    lines.toSorted((a, b) => (a.key < b.key ? -1 : 1));

  describe.each([
    ['the standalone registry', standalone],
    ["the program's own registry", embedded],
  ])('with schemas from %s', (_name, serve) => {
    const site = openSite();
    let registry: ServedRegistry;

    beforeAll(async () => {
      registry = await serve();
    });

    afterAll(async () => {
      await site.dispose();
      await registry.dispose();
    });

    test('reads every event as it was written, once', async () => {
      const remote = new RemoteSchemaRegistry({ url: registry.url });
      await registerSchemas(remote);
      const encoder = new Encoder(remote);
      await encoder.prepare();
      const all = samplesOf(encoder, site.prefix);

      const { messageLog } = site.open();
      const topics = [...new Set(all.map(({ message }) => message.topic))];
      await messageLog.ensureTopics(topics.map((name) => ({ name, partitions: 3, retentionMs: null })));
      const bridge = await messageLog.openTransactional('bridge');
      await bridge.commit(
        all.map(({ message }) => message),
        '1',
      );
      await bridge.close();

      const read = await consume(
        registry.url,
        `${site.prefix}foreign`,
        topics.map((topic) => site.prefix + topic),
      );
      expect(read).toEqual(byKey(all.map(({ line }) => line)));
      expect(new Set(read.map(({ key }) => key.split('-')[0])).size).toBe(publicTypes.length);
    });
  });
});
