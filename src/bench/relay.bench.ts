import { openEmbedded } from '../adapters/embedded/index.js';
import { toPublic } from '../bridge/catalogue.js';
import { Relay, relaySlot } from '../bridge/relay.js';
import { bridgeTopicSpecs } from '../bridge/topics.js';
import { Translation } from '../bridge/translation.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { type NewMessage } from '../ports/message-log.js';
import { publicAvroType } from '../wire/avro.js';
import { Encoder } from '../wire/encoder.js';
import { registerSchemas } from '../wire/registration.js';
import { readAll } from './events.js';
import { elapsedMs, type Figures, inFreshFolder } from './measure.js';
import { startProgram } from './program.js';
import { fillWithOrders } from './orders.js';
import { loudLogger } from './logger.js';

const partitions = 6;
/** As the relay takes them. */
const batchSize = 1_000;

/** Of the events that are in this store already: published to an empty log, and the same bytes with nothing else. */
export const relay = async (dataDir: string): Promise<Figures> => {
  const source = openEmbedded({ dataDir });
  try {
    const events = await readAll(source.eventStore);
    const translation = new Translation(source.schemaRegistry);
    await registerSchemas(source.schemaRegistry);
    await translation.prepare();
    const relayed = await inFreshFolder((target) => relayTo(target, source, translation));
    const messages = events.map((event) => translation.messageOf(event));
    const raw = await inFreshFolder((target) => publishTo(target, messages));
    return {
      relayEvents: events.length,
      relayed: (events.length * 1_000) / relayed,
      rawPublished: (events.length * 1_000) / raw,
      ...(await encoding(source.schemaRegistry, events)),
    };
  } finally {
    await source.close();
  }
};

type Engine = ReturnType<typeof openEmbedded>;

const relayTo = async (
  dataDir: string,
  { eventStore, leases }: Engine,
  translation: Translation,
): Promise<number> => {
  const { messageLog, close } = openEmbedded({ dataDir });
  await messageLog.ensureTopics(bridgeTopicSpecs(partitions));
  const head = await eventStore.head();
  const publisher = new Relay({
    ...{ eventStore, messageLog, leases, translation, batchSize },
    ...{ owner: 'bench', ttlMs: 10_000, logger: loudLogger, unpublishable: 'stop' as const },
  });
  const took = await elapsedMs(async () => {
    publisher.start();
    while ((await messageLog.checkpoint(relaySlot)) !== head) {
      await messageLog.news(AbortSignal.timeout(100));
    }
  });
  await publisher.stop();
  await close();
  return took;
};

const publishTo = async (dataDir: string, messages: readonly NewMessage[]): Promise<number> => {
  const { messageLog, close } = openEmbedded({ dataDir });
  await messageLog.ensureTopics(bridgeTopicSpecs(partitions));
  const producer = await messageLog.openTransactional(relaySlot);
  const took = await elapsedMs(async () => {
    for (let start = 0; start < messages.length; start += batchSize) {
      await producer.commit(messages.slice(start, start + batchSize), String(start));
    }
  });
  await producer.close();
  await close();
  return took;
};

const encoding = async (
  registry: Engine['schemaRegistry'],
  events: readonly RecordedEvent[],
): Promise<Figures> => {
  const encoder = new Encoder(registry);
  await encoder.prepare();
  const records = events.map(toPublic);
  const rate = async (encode: (record: (typeof records)[number]) => unknown): Promise<number> => {
    const once = (): Promise<number> =>
      elapsedMs(() => {
        for (const record of records) encode(record);
        return Promise.resolve();
      });
    await once(); // code is compiled while it runs
    return (records.length * 1_000) / (await once());
  };
  return {
    encoded: await rate((record) => encoder.encode(record)),
    rawEncoded: await rate(({ type, record }) => publicAvroType(type).toBuffer(record)),
  };
};

/** The memory of a bridge process that has a long history to publish. */
export const relayMemory = (events: number): Promise<Figures> =>
  inFreshFolder(async (dataDir) => {
    const engine = openEmbedded({ dataDir });
    const total = await fillWithOrders(engine.eventStore, events);
    const head = await engine.eventStore.head();
    const start = performance.now();
    const program = await startProgram(dataDir, { ROLES: 'bridge', VERIFY_EVERY_SECONDS: '0' });
    let peak = 0;
    while ((await engine.messageLog.checkpoint(relaySlot)) !== head) {
      peak = Math.max(peak, await program.residentMb());
      await engine.messageLog.news(AbortSignal.timeout(200));
    }
    const seconds = (performance.now() - start) / 1_000;
    await program.stop();
    await engine.close();
    return { relayMemoryEvents: total, relayMemoryMb: peak, relayMemoryRate: total / seconds };
  });
