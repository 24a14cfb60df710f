import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { serveRegistry } from '../adapters/schema-registry-server/serve-registry.js';
import { Decoder } from '../wire/decoder.js';
import { Encoder } from '../wire/encoder.js';
import { differences, registerSchemas } from '../wire/registration.js';
import { openLogger } from './logger.js';
import { openRegistry } from './open-registry.js';

let dataDir = '';

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'open-registry-'));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

const states = async (registry: Parameters<typeof differences>[0]): Promise<readonly string[]> => [
  ...new Set((await differences(registry)).map(({ is }) => is)),
];

describe('openRegistry', () => {
  it('opens the one in DATA_DIR, and the same one over HTTP', async () => {
    const local = await openRegistry(undefined, { DATA_DIR: dataDir });
    expect([local.where, await states(local.registry)]).toEqual([dataDir, ['new']]);
    await registerSchemas(local.registry);
    await local.close();

    const engine = openEmbedded({ dataDir });
    const options = { host: '127.0.0.1', port: 0, logger: openLogger('silent') };
    const server = await serveRegistry(engine.schemaRegistry, options);
    try {
      const { registry, where } = await openRegistry(server.url.replace('//', '//user:secret@'), {});
      expect([where, await states(registry)]).toEqual([`${server.url}/`, ['unchanged']]);
      await registerSchemas(registry);
      const encoder = new Encoder(registry);
      await encoder.prepare();
      const record = { sku: 's', delta: -(2 ** 52) - 1, reason: 'counted' };
      const decoded = await new Decoder(registry).decode(encoder.encode({ type: 'StockAdjusted', record }));
      expect(decoded).toMatchObject({ type: 'StockAdjusted', record });
    } finally {
      await server.close();
      await engine.close();
    }
  });
});
