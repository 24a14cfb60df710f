import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import kafkajs, { Kafka, logLevel, type Producer } from 'kafkajs';
import { type Logger } from '../../ports/logger.js';
import {
  type Message,
  type MessageLog,
  type NewMessage,
  type TopicPartition,
} from '../../ports/message-log.js';
import { partitionOf } from '../embedded/partitioner.js';
import { compressions, openKafka } from './index.js';
import { openSite } from './testing/site.js';

const partitions = 6;
const message = (value: string, given: Partial<NewMessage> = {}): NewMessage => ({
  ...{ topic: 'orders', partition: 0, key: Buffer.from('k'), value: Buffer.from(value), headers: [] },
  ...given,
});
const valuesOf = (messages: readonly Message[]): (string | undefined)[] =>
  messages.map(({ value }) => value?.toString());

describe('The message log on Kafka', () => {
  let site: ReturnType<typeof openSite>;
  let log: MessageLog;
  let kafka: Kafka;
  const foreign: Producer[] = [];

  beforeEach(async () => {
    site = openSite();
    log = site.open().messageLog;
    kafka = new Kafka({ brokers: [...site.options.brokers], logLevel: logLevel.NOTHING });
    await log.ensureTopics([{ name: 'orders', partitions, retentionMs: 3_600_000 }]);
  });
  afterEach(async () => {
    await Promise.all(foreign.splice(0).map((producer) => producer.disconnect()));
    await site.dispose();
  });

  /** One that is not of this project. */
  const transactional = async (id: string, transactionTimeout = 60_000): Promise<Producer> => {
    const options = { transactionalId: site.prefix + id, transactionTimeout, maxInFlightRequests: 1 };
    const producer = kafka.producer({ ...options, idempotent: true, createPartitioner: () => () => 0 });
    foreign.push(producer);
    await producer.connect();
    return producer;
  };

  const recordingLogger = () => {
    const warnings: { fields: object; text: string }[] = [];
    const nothing = (): void => undefined;
    const warn = (fields: object, text: string): void => void warnings.push({ fields, text });
    const logger: Logger = { debug: nothing, info: nothing, warn, error: nothing };
    return { logger, warnings };
  };

  describe('topics', () => {
    const configOf = async (topic: string, names: string[]): Promise<Record<string, string>> => {
      const admin = kafka.admin();
      await admin.connect();
      const resource = {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: site.prefix + topic,
        configNames: names,
      };
      const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
      await admin.disconnect();
      const entries = resources[0]?.configEntries ?? [];
      return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
    };

    it('are made with retention and durability as wanted, and the one of the checkpoints is compacted', async () => {
      const names = ['cleanup.policy', 'min.insync.replicas', 'retention.ms'];
      expect(await configOf('orders', names)).toEqual({
        ...{ 'cleanup.policy': 'delete', 'min.insync.replicas': '1', 'retention.ms': '3600000' },
      });
      expect(await configOf('transaction-checkpoints', ['cleanup.policy'])).toEqual({
        'cleanup.policy': 'compact',
      });
      expect((await log.topics()).map(({ name, retentionMs }) => ({ name, retentionMs }))).toEqual([
        { name: 'orders', retentionMs: 3_600_000 },
      ]);
    });

    it('that are there and differ are reported, once', async () => {
      const { logger, warnings } = recordingLogger();
      const other = site.open({ logger, minInsyncReplicas: 2, replicationFactor: 3 }).messageLog;
      for (let time = 0; time < 2; time += 1) {
        await other.ensureTopics([{ name: 'orders', partitions: 12, retentionMs: null }]);
      }
      const common = { minInsyncReplicas: 2, replicationFactor: 3 };
      expect(warnings).toEqual([
        {
          text:
            'Topic orders is there already and differs: partitions 6 instead of 12, replicationFactor 1 instead of 3, ' +
            'minInsyncReplicas 1 instead of 2, retentionMs 3600000 instead of for ever',
          fields: {
            topic: 'orders',
            wanted: { partitions: 12, retentionMs: null, ...common },
            found: { partitions: 6, retentionMs: 3_600_000, minInsyncReplicas: 1, replicationFactor: 1 },
          },
        },
      ]);
    });

    it('cannot have more replicas than there are brokers, and say so', async () => {
      const other = site.open({ replicationFactor: 999 }).messageLog;
      await expect(other.ensureTopics([{ name: 'x', partitions: 1, retentionMs: null }])).rejects.toThrow(
        /replication.factor.*Configure as many replicas as there are brokers/i,
      );
    });
  });

  describe('messages', () => {
    it.each(compressions)('are read as they were published with compression %s', async (compression) => {
      const { messageLog } = site.open({ compression });
      const sent = Array.from({ length: 500 }, (_, index) => message(`${index} of many that look alike`));
      await messageLog.publish(sent);
      const producer = await messageLog.openTransactional('relay');
      await producer.commit(sent, 'all');
      expect(await log.checkpoint('relay')).toBe('all');
      const read = await log.read({ topic: 'orders', partition: 0, offset: 0 }, 2_000);
      const values = sent.map(({ value }) => value?.toString());
      expect(valuesOf(read)).toEqual([...values, ...values]);
    });

    it('go where the embedded engine would put them, and where other clients do', async () => {
      const keys = Array.from({ length: 200 }, (_, index) => `order-${index * 7_919}-ü`.slice(index % 9));
      const published = await log.publish(
        keys.map((key) => ({ topic: 'orders', key: Buffer.from(key), value: null, headers: [] })),
      );
      expect(published.map(({ partition }) => partition)).toEqual(
        keys.map((key) => partitionOf(Buffer.from(key), partitions)),
      );
      const producer = kafka.producer();
      foreign.push(producer);
      await producer.connect();
      const topic = site.prefix + 'orders';
      await producer.send({ topic, messages: keys.map((key) => ({ key, value: 'theirs' })) });
      for (let partition = 0; partition < partitions; partition += 1) {
        const read = await log.read({ topic: 'orders', partition, offset: 0 }, 1_000);
        const of = (isTheirs: boolean) =>
          read.filter(({ value }) => (value !== null) === isTheirs).map(({ key }) => key?.toString());
        expect(of(true)).toEqual(of(false));
      }
    });

    it('are more than fits one batch of a broker, also for one partition', async () => {
      const sent = Array.from({ length: 7 }, (_, index) =>
        message('', { value: Buffer.alloc(500_000, index) }),
      );
      const producer = await log.openTransactional('relay');
      await producer.commit(sent, 'all');
      await log.checkpoint('relay');
      const read = await log.read({ topic: 'orders', partition: 0, offset: 0 }, 100);
      expect(read.map(({ value }) => value?.[0])).toEqual([0, 1, 2, 3, 4, 5, 6]);
    });

    it('that were aborted are never seen, not even with overlapping transactions and keys like their markers', async () => {
      const topic = site.prefix + 'orders';
      const [a, b] = [await transactional('a'), await transactional('b')];
      const like = Buffer.from([0, 0, 0, 0]);
      for (const [first, last] of [
        [a, b],
        [b, a],
      ] as const) {
        const [one, two] = [await first.transaction(), await last.transaction()];
        await one.send({ topic, messages: [{ key: like, value: 'aborted' }] });
        await two.send({ topic, messages: [{ key: 'x', value: 'aborted' }] });
        await log.publish([message('plain')]);
        await one.send({
          topic,
          messages: [
            { key: like, value: 'aborted' },
            { key: 'y', value: 'aborted' },
          ],
        });
        await one.abort();
        await two.send({ topic, messages: [{ key: like, value: 'aborted' }] });
        await two.abort();
      }
      const end = (await log.topics())[0]?.status[0]?.next ?? NaN;
      for (let offset = 0; offset < end; offset += 1) {
        const read = await log.read({ topic: 'orders', partition: 0, offset }, 100);
        expect(new Set(valuesOf(read))).toEqual(new Set(read.length === 0 ? [] : ['plain']));
      }
      expect(await log.read({ topic: 'orders', partition: 0, offset: 0 }, 100)).toHaveLength(2);
    });
  });

  describe('checkpoints', () => {
    const checkpoints = () => ({ topic: `${site.prefix}transaction-checkpoints` });

    it('are none while none was committed, however often the slot has been opened', async () => {
      expect(await log.checkpoint('relay')).toBeUndefined();
      for (let time = 0; time < 3; time += 1) {
        expect(await (await log.openTransactional('relay')).checkpoint()).toBeUndefined();
      }
      expect(await log.checkpoint('relay')).toBeUndefined();
    });

    it('are found behind any number of records of other slots', async () => {
      await (await log.openTransactional('relay')).commit([], 'found');
      const other = await log.openTransactional('other');
      for (let count = 0; count < 120; count += 1) await other.commit([], String(count));
      expect(await log.checkpoint('relay')).toBe('found');
      expect(await (await log.openTransactional('relay')).checkpoint()).toBe('found');
    });

    it('are the last that was committed, not what was aborted or is still open', async () => {
      await (await log.openTransactional('relay')).commit([message('a')], 'committed');
      const dead = await transactional('relay');
      const aborted = await dead.transaction();
      await aborted.send({ ...checkpoints(), messages: [{ key: 'relay', value: 'aborted' }] });
      await aborted.abort();
      const open = await dead.transaction();
      await open.send({ ...checkpoints(), messages: [{ key: 'relay', value: 'open' }] });
      await open.send({ topic: site.prefix + 'orders', messages: [{ value: 'open' }] });
      // The open one is settled by opening the slot anew, long before its time is over.
      const next = await log.openTransactional('relay');
      expect(await next.checkpoint()).toBe('committed');
      await expect(open.commit()).rejects.toThrow();
      expect(await log.checkpoint('relay')).toBe('committed');
      expect(valuesOf(await log.read({ topic: 'orders', partition: 0, offset: 0 }, 10))).toEqual(['a']);
    });

    it('of another environment on the same cluster are not seen', async () => {
      const other = site.open({ prefix: `${site.prefix}other.` }).messageLog;
      await other.ensureTopics([{ name: 'orders', partitions: 1, retentionMs: null }]);
      await (await other.openTransactional('relay')).commit([message('theirs')], 'theirs');
      expect(await log.checkpoint('relay')).toBeUndefined();
      expect(await other.checkpoint('relay')).toBe('theirs');
      expect(await log.read({ topic: 'orders', partition: 0, offset: 0 }, 10)).toEqual([]);
    });

    it('are not there before their topic is made, and nothing can be committed', async () => {
      const fresh = site.open({ prefix: `${site.prefix}fresh.` }).messageLog;
      expect(await fresh.checkpoint('relay')).toBeUndefined();
      await expect(fresh.openTransactional('relay')).rejects.toThrow(/Make it first/);
    });
  });

  describe('groups', () => {
    const first: TopicPartition = { topic: 'orders', partition: 0 };

    it('refuse a session that the broker does not allow, and say what it allows', async () => {
      const tooLong = { group: 'shipping', topics: ['orders'], sessionTimeoutMs: 3_600_000 };
      await expect(log.join(tooLong)).rejects.toThrow(/session timeout.*group\.max\.session\.timeout\.ms/i);
    });

    it('go on with the first message that is kept, and count what they have missed', async () => {
      await log.publish([message('a'), message('b'), message('c')]);
      const engine = site.open();
      const options = { group: 'shipping', topics: ['orders'], sessionTimeoutMs: 30_000 };
      const member = await engine.messageLog.join(options);
      for await (const delivery of member) {
        if (delivery.kind === 'messages') await member.commit([{ ...first, offset: 1 }]);
        if (delivery.kind === 'messages') break;
      }
      const admin = kafka.admin();
      await admin.connect();
      const topic = site.prefix + 'orders';
      // It must have heard of the topic before.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition: 0, offset: '2' }],
      });
      await admin.disconnect();
      const next = await engine.messageLog.join(options);
      for await (const delivery of next) {
        if (delivery.kind !== 'messages') continue;
        expect(valuesOf(delivery.messages)).toEqual(['c']);
        break;
      }
      expect(engine.incidents().skipped).toEqual({ OFFSET_OUT_OF_RANGE: 1 });
    });
  });

  describe('a check', () => {
    it('succeeds on a cluster that answers', async () => {
      await expect(site.open().check()).resolves.toBeUndefined();
    });

    it('says where nobody answers and what to do', async () => {
      const { logger } = recordingLogger();
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const address = closed.address();
      const broker = `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
      closed.close();
      await once(closed, 'close');
      const engine = openKafka({ ...site.options, brokers: [broker], logger });
      await expect(engine.check()).rejects.toMatchObject({
        name: 'StorageUnavailable',
        message: expect.stringMatching(
          `^Kafka at ${broker} cannot be used now: .*ECONNREFUSED.* Start it, or correct`,
        ),
      });
      await engine.close();
    });
  });
});
