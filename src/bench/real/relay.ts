import { setTimeout as delay } from 'node:timers/promises';
import { CompressionTypes, Kafka, logLevel, type Message as KafkaMessage, type Producer } from 'kafkajs';
import { kafkaOptions } from '../../app/engines/options.js';
import { type Config } from '../../app/config.js';
import { type Engines } from '../../app/engines/index.js';
import { Relay } from '../../bridge/relay.js';
import { bridgeTopicSpecs } from '../../bridge/topics.js';
import { Translation } from '../../bridge/translation.js';
import { type MessageLog, type NewMessage } from '../../ports/message-log.js';
import { registerSchemas } from '../../wire/registration.js';
import { readAll } from '../events.js';
import { loudLogger } from '../logger.js';
import { elapsedMs, type Figures } from '../measure.js';
import { type Settings } from '../../testing/e2e/engines.js';
import { withEngines } from './site.js';

/** As the relay takes them. */
const batchSize = 1_000;
const partitions = 6;

/** Of the embedded store in this folder: published by the relay, and the same bytes by kafkajs with nothing else. */
export const relayOnKafka = (settings: Settings): Promise<Figures> =>
  withEngines(settings, async (engines, config) => {
    const { eventStore, messageLog, schemaRegistry } = engines;
    const translation = new Translation(schemaRegistry);
    await registerSchemas(schemaRegistry);
    await translation.prepare();
    await messageLog.ensureTopics(bridgeTopicSpecs(partitions));
    // The cluster makes its topic of transactions when it is first asked about one.
    await (await messageLog.openTransactional('warm-up')).close();
    const relayed = await relayMs(engines, translation);
    const messages = (await readAll(eventStore)).map((event) => translation.messageOf(event));
    const consumed = await consumedMs(messageLog, messages.length);
    const raw = await rawMs(config, messages);
    const rate = (ms: number): number => (messages.length * 1_000) / ms;
    return {
      kafkaEvents: messages.length,
      kafkaRaw: rate(raw),
      kafkaRelayed: rate(relayed),
      kafkaConsumed: rate(consumed),
    };
  });

const relayMs = async (engines: Engines, translation: Translation): Promise<number> => {
  const head = await engines.eventStore.head();
  const relay = new Relay({
    ...engines,
    ...{ translation, batchSize, owner: 'bench', ttlMs: 10_000, logger: loudLogger },
    unpublishable: 'stop',
  });
  const took = await elapsedMs(async () => {
    relay.start();
    while (relay.status.position !== head) await delay(1);
  });
  await relay.stop();
  return took;
};

const rawMs = async (config: Config, messages: readonly NewMessage[]): Promise<number> => {
  const options = kafkaOptions(config, loudLogger, undefined);
  if (options === undefined) throw new TypeError('There is no Kafka.');
  const { brokers, prefix = '' } = options;
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  const nameOf = (topic: string): string => `${prefix}raw.${topic}`;
  await admin.createTopics({
    waitForLeaders: true,
    topics: [...new Set(messages.map(({ topic }) => nameOf(topic)))].map((topic) => ({
      ...{ topic, numPartitions: partitions, replicationFactor: options.replicationFactor },
      configEntries: [{ name: 'min.insync.replicas', value: String(options.minInsyncReplicas) }],
    })),
  });
  await admin.disconnect();
  const prepared = messages.map((message) => ({ topic: nameOf(message.topic), message: toKafka(message) }));
  const producer = kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 3 },
  });
  await producer.connect();
  const took = await elapsedMs(async () => {
    for (let start = 0; start < prepared.length; start += batchSize) {
      await send(producer, prepared.slice(start, start + batchSize));
    }
  });
  await producer.disconnect();
  return took;
};

interface Prepared {
  readonly topic: string;
  readonly message: KafkaMessage;
}

const toKafka = ({ key, value, headers, timestamp }: NewMessage): KafkaMessage => ({
  ...{ key, value, headers: Object.fromEntries(headers) },
  ...(timestamp !== undefined && { timestamp: String(timestamp) }),
});

const send = (producer: Producer, batch: readonly Prepared[]): Promise<unknown> =>
  producer.sendBatch({
    acks: -1,
    compression: CompressionTypes.None,
    topicMessages: [...Map.groupBy(batch, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      messages: of.map(({ message }) => message),
    })),
  });

/** All of it, by a consumer group of one member, which commits each delivery. */
const consumedMs = async (messageLog: MessageLog, messages: number): Promise<number> => {
  const topics = bridgeTopicSpecs(partitions).map(({ name }) => name);
  const member = await messageLog.join({ group: 'bench', topics, sessionTimeoutMs: 10_000 });
  const took = await elapsedMs(async () => {
    let missing = messages;
    for await (const delivery of member) {
      if (delivery.kind !== 'messages') continue;
      const last = delivery.messages.at(-1);
      if (last !== undefined) await member.commit([{ ...delivery.partition, offset: last.offset + 1 }]);
      missing -= delivery.messages.length;
      if (missing <= 0) break;
    }
  });
  await member.close();
  return took;
};
