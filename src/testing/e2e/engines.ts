import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MongoClient } from 'mongodb';
import { z } from 'zod';

export type Settings = Readonly<Record<string, string>>;

export const addresses = ['EVENTSTORE_URL', 'KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'MONGODB_URL'] as const;

/** The engines that the environment names (`make test-stack`); for the others there is the embedded one. */
export const enginesGiven: Settings = Object.fromEntries(
  addresses.flatMap((name) => {
    const address = process.env[name];
    return address === undefined || address === '' ? [] : [[name, address]];
  }),
);

/** A part of those engines that nobody else uses. */
export interface OwnEngines {
  readonly settings: Settings;
  readonly clean: () => Promise<void>;
}

/** @param given addresses: those of the environment, or of engines that are a spec's own and need no cleaning */
export const openEngines = async (given: Settings): Promise<OwnEngines> => {
  const prefix = `e2e-${randomUUID().slice(0, 8)}`;
  const { EVENTSTORE_URL, MONGODB_URL } = given;
  const isShared = (address: string | undefined): address is string =>
    address !== undefined && Object.values(enginesGiven).includes(address);
  // All the events of a server are one log, so it is not shared: in its place there is a test server of their own.
  const eventStore = isShared(EVENTSTORE_URL) ? await startWireServer() : undefined;
  return {
    settings: {
      ...given,
      ...(eventStore && { EVENTSTORE_URL: eventStore.url }),
      KAFKA_PREFIX: `${prefix}.`,
      KAFKA_REPLICATION_FACTOR: '1',
      KAFKA_MIN_INSYNC_REPLICAS: '1',
      MONGODB_PREFIX: prefix,
    },
    clean: async () => {
      await eventStore?.stop();
      if (isShared(MONGODB_URL)) await dropDatabases(MONGODB_URL, prefix);
    },
  };
};

const readyLine = z.object({ connectionString: z.string() });

/** The wire-level test server (test/eventstoredb-wire), in memory. */
const startWireServer = async () => {
  const main = join(process.cwd(), 'dist/test/eventstoredb-wire/main.js');
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url: readyLine.parse(JSON.parse(line)).connectionString,
    stop: async () => {
      process.removeListener('exit', killWithUs);
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

const dropDatabases = async (url: string, prefix: string): Promise<void> => {
  const client = new MongoClient(url);
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) {
    if (name.startsWith(`${prefix}_`)) await client.db(name).dropDatabase();
  }
  await client.close();
};
