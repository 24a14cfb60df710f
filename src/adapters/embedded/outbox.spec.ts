import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOutboxContract } from '../../testing/outbox.contract.js';
import { openEmbedded } from './index.js';

describeOutboxContract('The embedded engine', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'outbox-'));
  const engines = [openEmbedded({ dataDir })];
  const [{ outbox, keys }] = engines as [ReturnType<typeof openEmbedded>];
  return {
    outbox,
    keys,
    another: () => {
      const other = openEmbedded({ dataDir });
      engines.push(other);
      return Promise.resolve(other.outbox);
    },
    stored: () => {
      const files = readdirSync(dataDir, { recursive: true, withFileTypes: true });
      return Promise.resolve(
        files
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => readFileSync(join(parentPath, name))),
      );
    },
    dispose: async () => {
      await Promise.all(engines.map((engine) => engine.close()));
      await rm(dataDir, { recursive: true });
    },
  };
});
