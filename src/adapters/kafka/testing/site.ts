import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { type Logger } from '../../../ports/logger.js';
import { type KafkaEngine, type KafkaOptions, openKafka } from '../index.js';

const nothing = (): void => undefined;
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Addresses of the cluster that the specs run on. */
export const brokersForTests = (): string[] => {
  const brokers = process.env.KAFKA_BROKERS;
  if (brokers === undefined || brokers === '') {
    throw new Error('Set KAFKA_BROKERS to the addresses of a Kafka cluster: make test-stack does.');
  }
  return brokers.split(',');
};

/** A corner of the cluster of its own, by a random prefix, which is removed in the end. */
export const openSite = () => {
  const brokers = brokersForTests();
  const prefix = `test-${randomUUID()}.`;
  const engines: KafkaEngine[] = [];
  const options: KafkaOptions = {
    ...{ brokers, prefix, clientId: 'spec', logger: silent, compression: 'none' },
    ...{ replicationFactor: 1, minInsyncReplicas: 1 },
  };
  return {
    prefix,
    options,
    open: (changed: Partial<KafkaOptions> = {}): KafkaEngine => {
      const engine = openKafka({ ...options, ...changed });
      engines.push(engine);
      return engine;
    },
    dispose: async (): Promise<void> => {
      await Promise.all(engines.map((engine) => engine.close()));
      await removeAll(brokers, prefix);
    },
  };
};

const removeAll = async (brokers: string[], prefix: string): Promise<void> => {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    // Before the topics: without them an empty group is removed by itself, sooner or later.
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    const ours = groups.filter((groupId) => groupId.startsWith(prefix));
    if (ours.length > 0) await admin.deleteGroups(ours);
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
};
