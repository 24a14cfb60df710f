import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEventStoreContract } from '../../testing/event-store.contract.js';
import { openEmbedded } from './index.js';

describeEventStoreContract('The embedded engine', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'embedded-'));
  const engines = [openEmbedded({ dataDir })];
  const open = () => {
    const engine = openEmbedded({ dataDir });
    engines.push(engine);
    return engine.eventStore;
  };
  return {
    store: open(),
    another: () => Promise.resolve(open()),
    dispose: async () => {
      await Promise.all(engines.map((engine) => engine.close()));
      await rm(dataDir, { recursive: true });
    },
  };
});
