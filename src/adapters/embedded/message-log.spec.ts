import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../testing/eventually.js';
import { GroupFollower } from '../../testing/group-follower.js';
import { type Message, UnknownTopic } from '../../ports/message-log.js';
import { openEmbedded } from './index.js';

const day = 86_400_000;
const sessionTimeoutMs = 30_000;

describe('Message log of the embedded engine', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let warnings: object[];

  const open = () =>
    openEmbedded({
      dataDir,
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: (fields) => warnings.push(fields),
        error: () => undefined,
      },
    });

  beforeEach(async () => {
    warnings = [];
    dataDir = await mkdtemp(join(tmpdir(), 'message-log-'));
    engine = open();
    await engine.messageLog.ensureTopics([
      { name: 'kept', partitions: 2, retentionMs: null },
      { name: 'passing', partitions: 2, retentionMs: 7 * day },
    ]);
  });
  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const publish = (topic: string, timestamps: readonly number[], value = Buffer.from('x'), partition = 0) =>
    engine.messageLog.publish(
      timestamps.map((timestamp) => ({ topic, partition, key: null, value, headers: [], timestamp })),
    );
  const read = (topic: string) => engine.messageLog.read({ topic, partition: 0, offset: 0 }, 10_000);
  const timestamps = (messages: readonly Message[]) => messages.map(({ timestamp }) => timestamp);
  const statusOf = async (topic: string) =>
    (await engine.messageLog.topics()).find(({ name }) => name === topic)?.status[0];

  describe('retention', () => {
    it('deletes what is older than its topic keeps it, and nothing else', async () => {
      for (const topic of ['kept', 'passing']) {
        for (const at of [1, 2, 3, 4]) await publish(topic, [at * day]);
      }
      await engine.messageLog.deleteExpired(9 * day);
      expect(timestamps(await read('passing'))).toEqual([2 * day, 3 * day, 4 * day]);
      expect(await statusOf('passing')).toEqual({ partition: 0, first: 1, next: 4 });
      expect(timestamps(await read('kept'))).toEqual([day, 2 * day, 3 * day, 4 * day]);
      expect(await statusOf('kept')).toEqual({ partition: 0, first: 0, next: 4 });
    });

    it('keeps what was published together, and what comes after it, until all of it is old', async () => {
      await publish('passing', [day, 5 * day]);
      await publish('passing', [2 * day]);
      await engine.messageLog.deleteExpired(10 * day);
      expect(await read('passing')).toHaveLength(3);
      await engine.messageLog.deleteExpired(13 * day);
      expect(await read('passing')).toEqual([]);
    });

    it('leaves the offsets to go on from when nothing is left, also after a restart', async () => {
      for (let n = 0; n < 300; n += 1) await publish('passing', [day]);
      await engine.messageLog.deleteExpired(9 * day);
      await engine.close();
      engine = open();
      expect(await statusOf('passing')).toEqual({ partition: 0, first: 300, next: 300 });
      expect(await publish('passing', [9 * day])).toEqual([{ topic: 'passing', partition: 0, offset: 300 }]);
      expect(timestamps(await read('passing'))).toEqual([9 * day]);
    });

    it('makes a group whose next message is gone go on with the first one kept, and says so', async () => {
      for (const at of [1, 2, 3]) await publish('passing', [at * day]);
      const join = () => engine.messageLog.join({ group: 'slow', topics: ['passing'], sessionTimeoutMs });
      const first = new GroupFollower(await join());
      await eventually('all is dealt with', () => first.messages.length === 3);
      await first.close();
      for (const at of [4, 5, 8]) await publish('passing', [at * day]);
      await engine.messageLog.deleteExpired(13 * day);
      const second = new GroupFollower(await join());
      await eventually('the rest is dealt with', () => second.messages.length > 0);
      expect(timestamps(second.messages)).toEqual([8 * day]);
      expect(warnings).toEqual([{ group: 'slow', topic: 'passing', partition: 0, from: 3, first: 5 }]);
    });

    it('does not trouble a group that begins after it', async () => {
      for (const at of [1, 8]) await publish('passing', [at * day]);
      await engine.messageLog.deleteExpired(9 * day);
      const follower = new GroupFollower(
        await engine.messageLog.join({ group: 'new', topics: ['passing'], sessionTimeoutMs }),
      );
      await eventually('what is left is dealt with', () => follower.messages.length > 0);
      expect(timestamps(follower.messages)).toEqual([8 * day]);
      expect(warnings).toEqual([]);
    });
  });

  it('gives each partition its turn, however much another one holds', async () => {
    await publish(
      'kept',
      Array.from({ length: 60 }, () => 1),
    );
    await publish('kept', [1, 1, 1], Buffer.from('x'), 1);
    const member = await engine.messageLog.join({
      ...{ group: 'fair', topics: ['kept'], sessionTimeoutMs },
      batchSize: 2,
    });
    const turns: number[] = [];
    for await (const delivery of member) {
      if (delivery.kind === 'messages') turns.push(delivery.partition.partition);
      if (turns.length === 6) break;
    }
    expect(turns).toEqual([0, 1, 0, 1, 0, 0]);
  });

  it('delivers large messages few at a time', async () => {
    const value = Buffer.alloc(400_000);
    await publish(
      'kept',
      Array.from({ length: 9 }, () => 1),
      value,
    );
    const member = await engine.messageLog.join({ group: 'large', topics: ['kept'], sessionTimeoutMs });
    const counts: number[] = [];
    for await (const delivery of member) {
      if (delivery.kind === 'messages') counts.push(delivery.messages.length);
      if (counts.length === 3) break;
    }
    expect(counts).toEqual([3, 3, 3]);
  });

  it('refuses topics that cannot be: without partitions, or to be read and not there', async () => {
    const { messageLog } = engine;
    for (const partitions of [0, -1, 1.5, NaN]) {
      await expect(
        messageLog.ensureTopics([{ name: 'wrong', partitions, retentionMs: null }]),
      ).rejects.toThrow(RangeError);
    }
    await expect(
      messageLog.join({ group: 'lost', topics: ['kept', 'nowhere'], sessionTimeoutMs }),
    ).rejects.toThrow(UnknownTopic);
    await expect(messageLog.read({ topic: 'kept', partition: 2, offset: 0 }, 1)).rejects.toThrow(
      UnknownTopic,
    );
    expect(await messageLog.groups()).toEqual([]);
  });

  it('refuses to commit what is no offset', async () => {
    const { messageLog } = engine;
    const member = await messageLog.join({ group: 'wrong', topics: ['kept'], sessionTimeoutMs });
    for (const offset of [NaN, -1, 0.5]) {
      await expect(member.commit([{ topic: 'kept', partition: 0, offset }])).rejects.toThrow(RangeError);
    }
    expect(await messageLog.committed('wrong')).toEqual([]);
  });

  it('ends what waits when it is closed', async () => {
    const { messageLog } = engine;
    const news = messageLog.news(new AbortController().signal);
    const follower = new GroupFollower(
      await messageLog.join({ group: 'ended', topics: ['kept'], sessionTimeoutMs }),
    );
    await eventually('it has its partitions', () => follower.held.size === 2);
    await engine.close();
    await Promise.all([news, follower.ended]);
    engine = open();
    expect(await engine.messageLog.groups()).toMatchObject([{ group: 'ended', members: 0 }]);
  });
});
