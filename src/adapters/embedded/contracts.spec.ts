import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCheckpointsContract } from '../../testing/checkpoints.contract.js';
import { describeDeadLettersContract } from '../../testing/dead-letters.contract.js';
import { describeEventStoreContract } from '../../testing/event-store.contract.js';
import { describeInboxContract } from '../../testing/inbox.contract.js';
import { describeGenerationsContract } from '../../testing/generations.contract.js';
import { describeLeasesContract } from '../../testing/leases.contract.js';
import { describeSchemaRegistryContract } from '../../testing/schema-registry.contract.js';
import { describeMessageLogContract } from '../../testing/message-log.contract.js';
import { describeViewsContract } from '../../testing/views.contract.js';
import { openEmbedded } from './index.js';

/** A file of its own, which every engine that is opened shares. */
const site = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'embedded-'));
  const engines: ReturnType<typeof openEmbedded>[] = [];
  return {
    open: () => {
      const engine = openEmbedded({ dataDir });
      engines.push(engine);
      return engine;
    },
    dispose: async () => {
      await Promise.all(engines.map((engine) => engine.close()));
      await rm(dataDir, { recursive: true });
    },
  };
};

const name = 'The embedded engine';

describeEventStoreContract(name, async () => {
  const { open, dispose } = await site();
  return { store: open().eventStore, another: () => Promise.resolve(open().eventStore), dispose };
});

describeCheckpointsContract(name, async () => {
  const { open, dispose } = await site();
  return { ...open(), another: () => Promise.resolve(open().checkpoints), dispose };
});

describeViewsContract(name, async () => {
  const { open, dispose } = await site();
  return { ...open(), another: () => Promise.resolve(open().views), dispose };
});

describeGenerationsContract(name, async () => {
  const { open, dispose } = await site();
  return { ...open(), another: () => Promise.resolve(open().generations), dispose };
});

describeLeasesContract(name, async () => {
  const { open, dispose } = await site();
  return { ...open(), another: () => Promise.resolve(open().leases), dispose };
});

describeInboxContract(name, async () => {
  const { open, dispose } = await site();
  return { ...open(), another: () => Promise.resolve(open().inbox), dispose };
});

describeDeadLettersContract(name, async () => {
  const { open, dispose } = await site();
  return { ...open(), another: () => Promise.resolve(open().deadLetters), dispose };
});

describeSchemaRegistryContract(name, async () => {
  const { open, dispose } = await site();
  return { registry: open().schemaRegistry, another: () => Promise.resolve(open().schemaRegistry), dispose };
});

describeMessageLogContract(name, async () => {
  const { open, dispose } = await site();
  return { log: open().messageLog, another: () => Promise.resolve(open().messageLog), dispose };
});
