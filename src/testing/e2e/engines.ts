import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';
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

/** Of a program as it is built. What one start has compiled is not compiled again by the hundreds that follow. */
export const childEnvironment = (settings: Settings): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: join(tmpdir(), 'order-processing-compiled'),
  ...settings,
});

/** A part of those engines that nobody else uses. */
export interface OwnEngines {
  readonly settings: Settings;
  readonly clean: () => Promise<void>;
}

/** @param given addresses: those of the environment, or of engines that are a spec's own and need no cleaning */
export const openEngines = async (given: Settings): Promise<OwnEngines> => {
  const prefix = `e2e-${randomUUID().slice(0, 8)}`;
  const { EVENTSTORE_URL, KAFKA_BROKERS, MONGODB_URL } = given;
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
      // Enough for those who share them; many specs share one broker.
      ...(KAFKA_BROKERS === undefined ? {} : { TOPIC_PARTITIONS: '3' }),
      MONGODB_PREFIX: prefix,
    },
    clean: async () => {
      await eventStore?.stop();
      if (isShared(MONGODB_URL)) await dropDatabases(MONGODB_URL, prefix);
      if (isShared(KAFKA_BROKERS)) await deleteTopics(KAFKA_BROKERS, prefix);
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

const deleteTopics = async (brokers: string, prefix: string): Promise<void> => {
  const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await admin.disconnect();
};
