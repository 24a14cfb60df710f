import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Fenced,
  type GroupDelivery,
  type Message,
  type MessageLog,
  type NewMessage,
  PartitionLost,
  type TopicPartition,
  UnknownTopic,
} from '../ports/message-log.js';
import { eventually } from './eventually.js';
import { GroupFollower, nameOf } from './group-follower.js';

export interface MessageLogHarness {
  /** Without topics and groups. */
  readonly log: MessageLog;
  /** The same log through a connection of its own, as another process would open it. */
  readonly another: () => Promise<MessageLog>;
  readonly dispose: () => Promise<void>;
}

const partitions = 6;
const sessionTimeoutMs = 30_000;

const message = (value: string, given: Partial<NewMessage> = {}): NewMessage => ({
  topic: 'orders',
  key: Buffer.from('order-1'),
  value: Buffer.from(value),
  headers: [],
  ...given,
});

/** One message for every partition of a topic. */
const everywhere = (value: string, topic = 'orders'): NewMessage[] =>
  Array.from({ length: partitions }, (_, partition) =>
    message(`${value}@${topic}/${partition}`, { topic, partition }),
  );

const valuesOf = (messages: readonly Message[]): string[] =>
  messages.map(({ value }) => value?.toString() ?? '(null)');

/** What every adapter of the message log does, sentence by sentence of the port. */
export const describeMessageLogContract = (name: string, open: () => Promise<MessageLogHarness>): void => {
  describe(`${name} as message log`, () => {
    let harness: MessageLogHarness;
    let log: MessageLog;

    beforeEach(async () => {
      harness = await open();
      log = harness.log;
      await log.ensureTopics([
        { name: 'orders', partitions, retentionMs: null },
        { name: 'payments', partitions, retentionMs: null },
      ]);
    });

    afterEach(() => harness.dispose());

    const readAll = async (from: MessageLog = log, topic = 'orders'): Promise<Message[]> => {
      const all: Message[] = [];
      for (let partition = 0; partition < partitions; partition += 1) {
        all.push(...(await from.read({ topic, partition, offset: 0 }, 10_000)));
      }
      return all;
    };

    describe('topics', () => {
      it('are made with their partitions, empty', async () => {
        const found = await (await harness.another()).topics();
        expect(found.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
          ['orders', 'payments'].map((topic) => ({
            name: topic,
            partitions,
            retentionMs: null,
            status: Array.from({ length: partitions }, (_, partition) => ({ partition, first: 0, next: 0 })),
          })),
        );
      });

      it('stay as they are when they are there already', async () => {
        await log.publish([message('a', { partition: 5 })]);
        const before = await log.topics();
        for (const each of [log, await harness.another()]) {
          await each.ensureTopics([{ name: 'orders', partitions: 9, retentionMs: 1 }]);
          await each.ensureTopics([{ name: 'orders', partitions: 2, retentionMs: null }]);
        }
        expect(await log.topics()).toEqual(before);
        expect(valuesOf(await readAll())).toEqual(['a']);
      });

      it('say which offset the next message will get', async () => {
        await log.publish([message('a', { partition: 2 }), message('b', { partition: 2 })]);
        const orders = (await log.topics()).find((topic) => topic.name === 'orders');
        const next = orders?.status[2]?.next ?? NaN;
        expect(await log.publish([message('c', { partition: 2 })])).toEqual([
          { topic: 'orders', partition: 2, offset: next },
        ]);
      });
    });

    describe('messages', () => {
      it('are read where publishing says that they are, on every connection', async () => {
        const published = await log.publish(
          ['a', 'b', 'c', 'd'].map((value) => message(value, { key: Buffer.from(`key of ${value}`) })),
        );
        for (const each of [log, await harness.another()]) {
          const found = await Promise.all(published.map((at) => each.read(at, 1)));
          expect(found.map(([first]) => first?.value?.toString())).toEqual(['a', 'b', 'c', 'd']);
        }
      });

      it('are read as they were published: bytes, nulls, headers with names more than once', async () => {
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
        const headers = [
          ['binary', bytes],
          ['seen', Buffer.from('once')],
          ['seen', Buffer.from('twice')],
          ['empty', Buffer.alloc(0)],
          ['größe 📦', Buffer.from('x')],
        ] as const;
        const sent: NewMessage[] = [
          { topic: 'orders', partition: 1, key: bytes, value: bytes, headers, timestamp: 1_760_000_000_123 },
          { topic: 'orders', partition: 1, key: null, value: null, headers: [], timestamp: 1 },
          {
            ...{ topic: 'orders', partition: 1, key: Buffer.alloc(0), value: Buffer.alloc(0) },
            ...{ headers: [], timestamp: 2 },
          },
          {
            ...{ topic: 'orders', partition: 1, key: null, value: Buffer.alloc(300_000, 7) },
            ...{ headers, timestamp: 3 },
          },
        ];
        const published = await log.publish(sent);
        const read = await (await harness.another()).read({ topic: 'orders', partition: 1, offset: 0 }, 10);
        expect(read).toEqual(sent.map((each, index) => ({ ...each, offset: published[index]?.offset })));
      });

      it('have the time of publishing unless they are given another', async () => {
        const before = Date.now();
        await log.publish([message('a')]);
        const [{ timestamp } = { timestamp: NaN }] = await readAll();
        expect(timestamp).toBeGreaterThanOrEqual(before);
        expect(timestamp).toBeLessThanOrEqual(Date.now());
      });

      it('keep their order within a partition, whatever is published at the same time', async () => {
        const of = (writer: string) =>
          Array.from({ length: 40 }, (_, index) => message(`${writer}${index}`, { partition: 4 }));
        const sent = { a: of('a'), b: of('b') };
        await Promise.all([
          log.publish(sent.a),
          harness.another().then((another) => another.publish(sent.b)),
          ...Array.from({ length: 5 }, (_, index) => log.publish([message(`single ${index}`)])),
        ]);
        const values = valuesOf(await log.read({ topic: 'orders', partition: 4, offset: 0 }, 1_000));
        for (const writer of ['a', 'b'] as const) {
          const expected = sent[writer].map(({ value }) => value?.toString());
          expect(values.filter((value) => value.startsWith(writer))).toEqual(expected);
        }
      });

      it.each([
        ['foobar', 0],
        ['abc', 3],
        ['21', 0],
        ['a-little-bit-long-string', 2],
      ])('with the key %s go where Kafka’s default partitioner puts them', async (key, partition) => {
        expect(await log.publish([message('a', { key: Buffer.from(key) })])).toMatchObject([{ partition }]);
      });

      it('without a key go to some partition, with `partition` to that one', async () => {
        const [anywhere] = await log.publish([message('a', { key: null })]);
        expect(anywhere?.partition).toBeGreaterThanOrEqual(0);
        expect(anywhere?.partition).toBeLessThan(partitions);
        expect(await log.publish([message('b', { partition: 5 })])).toMatchObject([{ partition: 5 }]);
      });

      it('are read from an offset on, so many and no more', async () => {
        const published = await log.publish(
          Array.from({ length: 9 }, (_, index) => message(String(index), { partition: 0 })),
        );
        const [third, last] = [published[3], published[8]];
        if (third === undefined || last === undefined) throw new Error('Too few offsets.');
        expect(valuesOf(await log.read(third, 4))).toEqual(['3', '4', '5', '6']);
        expect(valuesOf(await log.read(third, 100))).toEqual(['3', '4', '5', '6', '7', '8']);
        expect(await log.read({ ...last, offset: last.offset + 1 }, 100)).toEqual([]);
      });

      it('are not published at all when a topic or a partition is not there', async () => {
        const wrong = [message('x', { topic: 'nowhere' }), message('x', { partition: partitions })];
        for (const each of wrong) {
          await expect(log.publish([message('a'), each, message('b')])).rejects.toThrow(UnknownTopic);
        }
        expect(await readAll()).toEqual([]);
        expect(await log.publish([])).toEqual([]);
      });
    });

    describe('news', () => {
      const never = new AbortController().signal;

      it('come with what is published on any connection', async () => {
        const another = await harness.another();
        for (const publisher of [log, another]) {
          const told = [log, another].map((each) => each.news(never));
          await publisher.publish([message('a')]);
          await Promise.all(told);
        }
      });

      it('are not what was published before; they end with the signal', async () => {
        await log.publish([message('a')]);
        const stop = new AbortController();
        let isTold = false;
        const told = log.news(stop.signal).then(() => {
          isTold = true;
        });
        // Takes its time, on this connection and on another one.
        for (const each of [log, await harness.another()]) await readAll(each);
        expect(isTold).toBe(false);
        stop.abort();
        await told;
        await log.news(stop.signal);
      });
    });

    describe('transactions', () => {
      /** What was committed by the slot is there once its checkpoint is known. */
      const readCommitted = async (topic = 'orders'): Promise<Message[]> => {
        await log.checkpoint('relay');
        return readAll(log, topic);
      };

      it('write messages and checkpoint, both seen by the next producer', async () => {
        const producer = await log.openTransactional('relay');
        expect(await producer.checkpoint()).toBeUndefined();
        const first = await producer.commit([message('a'), message('b')], 'after b');
        await producer.commit([message('c')], 'after c');
        expect(await producer.checkpoint()).toBe('after c');
        await producer.close();

        const another = await harness.another();
        const next = await another.openTransactional('relay');
        expect(await next.checkpoint()).toBe('after c');
        expect(await log.checkpoint('relay')).toBe('after c');
        await next.commit([message('d')], 'after d');
        expect(valuesOf(await readCommitted())).toEqual(['a', 'b', 'c', 'd']);
        expect(valuesOf(await another.read(first[1] ?? { ...orders(0), offset: NaN }, 1))).toEqual(['b']);
      });

      it('hold thousands of messages for many topics and keep their order', async () => {
        const sent = Array.from({ length: 3_000 }, (_, index) =>
          message(String(index), {
            topic: index % 3 === 0 ? 'payments' : 'orders',
            key: Buffer.from(`key ${index % 50}`),
          }),
        );
        const producer = await log.openTransactional('relay');
        const offsets = await producer.commit(sent, 'all');
        expect(offsets).toHaveLength(sent.length);
        const read = [...(await readCommitted()), ...(await readCommitted('payments'))];
        const keys = (messages: readonly (Message | NewMessage)[]) =>
          Object.fromEntries(
            [...Map.groupBy(messages, ({ topic, key }) => `${topic} ${key?.toString()}`)].map(
              ([key, ofKey]) => [key, ofKey.map(({ value }) => value?.toString())],
            ),
          );
        expect(keys(read)).toEqual(keys(sent));
        const at = new Map(read.map((each) => [`${nameOf(each)}@${each.offset}`, each.value?.toString()]));
        expect(offsets.map((each) => at.get(`${nameOf(each)}@${each.offset}`))).toEqual(
          sent.map(({ value }) => value?.toString()),
        );
      });

      it('write a checkpoint without messages', async () => {
        const producer = await log.openTransactional('relay');
        expect(await producer.commit([], 'nothing to tell')).toEqual([]);
        expect(await producer.checkpoint()).toBe('nothing to tell');
      });

      it('write neither when a topic is not there', async () => {
        const producer = await log.openTransactional('relay');
        await producer.commit([], 'before');
        await expect(
          producer.commit([message('a'), message('x', { topic: 'nowhere' })], 'after'),
        ).rejects.toThrow(UnknownTopic);
        expect(await (await log.openTransactional('relay')).checkpoint()).toBe('before');
        expect(await readCommitted()).toEqual([]);
      });

      it('of an older producer of the slot are refused, for good', async () => {
        const older = await log.openTransactional('relay');
        await older.commit([message('a')], 'after a');
        const newer = await (await harness.another()).openTransactional('relay');
        await expect(older.commit([message('x')], 'late')).rejects.toThrow(Fenced);
        await newer.commit([message('b')], 'after b');
        await expect(older.commit([message('x')], 'later')).rejects.toThrow(Fenced);
        expect(await newer.checkpoint()).toBe('after b');
        expect(valuesOf(await readCommitted())).toEqual(['a', 'b']);
      });

      it('that are under way when a newer producer opens are there before it, or never', async () => {
        for (let round = 0; round < 10; round += 1) {
          const older = await log.openTransactional('relay');
          const before = await older.checkpoint();
          const [late, newer] = await Promise.all([
            older.commit([message(String(round))], String(round)).then(
              () => true,
              (error: unknown) => {
                expect(error).toBeInstanceOf(Fenced);
                return false;
              },
            ),
            (round % 2 === 0 ? log : await harness.another()).openTransactional('relay'),
          ]);
          expect(await newer.checkpoint()).toBe(late ? String(round) : before);
          expect(valuesOf(await readCommitted()).includes(String(round))).toBe(late);
        }
      });

      it('of different slots do not touch each other', async () => {
        const [relay, replay] = [await log.openTransactional('relay'), await log.openTransactional('replay')];
        await replay.commit([], 'replayed');
        await relay.commit([], 'relayed');
        expect([await relay.checkpoint(), await replay.checkpoint()]).toEqual(['relayed', 'replayed']);
      });
    });

    describe('groups', () => {
      const all = Array.from({ length: partitions }, (_, partition) => nameOf(orders(partition)));
      const join = (from: MessageLog, topics: readonly string[] = ['orders'], batchSize?: number) =>
        from.join({
          group: 'shipping',
          topics,
          sessionTimeoutMs,
          ...(batchSize === undefined ? {} : { batchSize }),
        });
      const follow = async (...args: Parameters<typeof join>) => new GroupFollower(await join(...args));
      const heldBy = (...followers: readonly GroupFollower[]): string[] =>
        followers.flatMap(({ held }) => [...held]).toSorted();
      /** The group has come to rest, and nobody has the same. */
      const sharedOut = (...followers: readonly GroupFollower[]) =>
        eventually('all partitions are shared out', () => {
          return heldBy(...followers).join() === all.join() && followers.every(({ held }) => held.size > 0);
        });

      it('deliver all messages from the first on, in order, no more at a time than wanted', async () => {
        const sent = [1, 2, 3, 4, 5].flatMap((round) => everywhere(String(round)));
        await log.publish(sent.slice(0, 15));
        const member = await join(log, ['orders'], 2);
        const read: Message[] = [];
        for await (const delivery of member) {
          if (delivery.kind !== 'messages') {
            expect(delivery.kind).toBe('assigned');
            continue;
          }
          const { messages, partition } = delivery;
          expect(messages.length).toBeGreaterThan(0);
          expect(messages.length).toBeLessThanOrEqual(2);
          expect(new Set(messages.map(nameOf))).toEqual(new Set([nameOf(partition)]));
          if (read.length === 0) await log.publish(sent.slice(15));
          read.push(...messages);
          if (read.length === sent.length) break;
        }
        const byPartition = (messages: readonly { partition?: number; value: Buffer | null }[]) =>
          Map.groupBy(
            messages.map(({ partition, value }) => [partition, value?.toString()] as const),
            ([partition]) => partition,
          );
        expect(byPartition(read)).toEqual(byPartition(sent));
      });

      it('go on after what was committed, in another member, on another connection', async () => {
        await log.publish(everywhere('old'));
        const first = await follow(log);
        await eventually('the old ones are dealt with', () => first.messages.length === partitions);
        await first.close();
        await first.ended;
        await log.publish(everywhere('new'));
        const another = await harness.another();
        const second = await follow(another);
        await eventually('the new ones are dealt with', () => second.messages.length >= partitions);
        expect(valuesOf(second.messages).toSorted()).toEqual(
          everywhere('new').map(({ value }) => value?.toString()),
        );
      });

      it('deliver again what was not committed', async () => {
        await log.publish([message('a', orders(0)), message('b', orders(0)), message('c', orders(0))]);
        const member = await join(log);
        for await (const delivery of member) {
          if (delivery.kind !== 'messages') continue;
          const [first] = delivery.messages;
          await member.commit([{ ...orders(0), offset: (first?.offset ?? NaN) + 1 }]);
          break;
        }
        const next = await follow(log);
        await eventually('the rest comes again', () => next.messages.length >= 2);
        expect(valuesOf(next.messages)).toEqual(['b', 'c']);
      });

      it('know their committed offsets, which never go back', async () => {
        expect(await log.committed('shipping')).toEqual([]);
        const member = await join(log);
        const deliveries = member[Symbol.asyncIterator]();
        expect((await deliveries.next()).value).toMatchObject({ kind: 'assigned' });
        await log.publish(everywhere('a').concat(everywhere('b')));
        await member.commit([
          { ...orders(1), offset: 2 },
          { ...orders(4), offset: 1 },
        ]);
        await member.commit([{ ...orders(1), offset: 1 }]);
        for (const each of [log, await harness.another()]) {
          expect(await each.committed('shipping')).toEqual([
            { ...orders(1), offset: 2 },
            { ...orders(4), offset: 1 },
          ]);
          expect(await each.committed('another group')).toEqual([]);
        }
      });

      it('show their members, their partitions and how far they have got', async () => {
        await log.publish(everywhere('a'));
        const first = await follow(log);
        await eventually('all is dealt with', () => first.messages.length === partitions);
        const [group, ...rest] = await (await harness.another()).groups();
        expect(rest).toEqual([]);
        const [{ member } = { member: null }] = group?.partitions ?? [];
        expect(member).not.toBeNull();
        expect(group).toEqual({
          group: 'shipping',
          members: 1,
          partitions: all.map((_, partition) => ({ ...orders(partition), committed: 1, next: 1, member })),
        });
        await first.close();
        expect(await log.groups()).toEqual([
          {
            ...group,
            members: 0,
            partitions: group?.partitions.map((each) => ({ ...each, member: null })),
          },
        ]);
      });

      it('share their partitions out among the members of this and other connections', async () => {
        const another = await harness.another();
        const followers = [await follow(log), await follow(another), await follow(log)];
        await sharedOut(...followers);
        await log.publish(everywhere('a'));
        const read = () => followers.flatMap(({ messages }) => valuesOf(messages)).toSorted();
        await eventually('all is dealt with', () => read().length >= partitions);
        expect(read()).toEqual(everywhere('a').map(({ value }) => value?.toString()));
      });

      it('share out every topic among the members that want it', async () => {
        const both = await follow(log, ['orders', 'payments']);
        const payments = await follow(await harness.another(), ['payments']);
        await eventually('each has what it wants', () => {
          return (
            [...all].every((each) => both.held.has(each)) &&
            [...payments.held].length > 0 &&
            heldBy(both, payments).length === 2 * partitions
          );
        });
        expect([...payments.held].filter((each) => !each.startsWith('payments/'))).toEqual([]);
      });

      it('are independent of each other', async () => {
        await log.publish(everywhere('a'));
        const shipping = await follow(log);
        const notification = new GroupFollower(
          await log.join({ group: 'notification', topics: ['orders'], sessionTimeoutMs }),
        );
        for (const each of [shipping, notification]) {
          await eventually('both have all', () => each.messages.length === partitions);
        }
        expect(heldBy(shipping)).toEqual(all);
        expect(heldBy(notification)).toEqual(all);
      });

      /** A member that has all partitions, and what another one that has joined since takes away from it. */
      const beingRevoked = async () => {
        const old = await join(log);
        const deliveries = old[Symbol.asyncIterator]();
        expect(partitionsOf(await deliveries.next(), 'assigned')).toEqual(all);
        const next = deliveries.next();
        const joined = new GroupFollower(await join(await harness.another()));
        const revoked = partitionsOf(await next, 'revoked');
        expect(revoked.length).toBeGreaterThan(0);
        return { old, deliveries, joined, revoked };
      };

      it('hand a partition over only when its member has taken the news and asks for the next delivery', async () => {
        const { old, deliveries, joined, revoked } = await beingRevoked();
        await log.publish(everywhere('a').concat(everywhere('b')));
        // It is still the old one's to finish and commit.
        await old.commit(revoked.map((each) => ({ ...placeOf(each), offset: 1 })));
        expect(joined.held.size).toBe(0);

        const rest = all.filter((each) => !revoked.includes(each));
        const read: Message[] = [];
        const reading = (async () => {
          for (;;) {
            const next = await deliveries.next();
            if (next.done === true) return;
            if (next.value.kind === 'messages') read.push(...next.value.messages);
          }
        })();
        await eventually('the new one has got them', () => heldBy(joined).join() === revoked.join());
        await eventually('the old one has the rest', () => read.length >= 2 * rest.length);
        await eventually('the new one goes on', () => joined.messages.length >= revoked.length);
        expect(new Set(read.map(nameOf))).toEqual(new Set(rest));
        expect(valuesOf(joined.messages).toSorted()).toEqual(revoked.map((each) => `b@${each}`));
        await old.close();
        await reading;
      });

      it('hand over at once what its member was never told of', async () => {
        const old = await join(log);
        const joined = new GroupFollower(await join(await harness.another()));
        const late = new GroupFollower(old);
        await sharedOut(late, joined);
        await log.publish(everywhere('a'));
        await eventually(
          'all is dealt with',
          () => late.messages.length + joined.messages.length >= partitions,
        );
      });

      it('refuse a commit for a partition that has passed on, and save none of it', async () => {
        const { old, deliveries, joined, revoked } = await beingRevoked();
        const next = deliveries.next();
        await eventually('the new one has got them', () => joined.held.size === revoked.length);
        const [lost] = revoked;
        const [kept] = all.filter((each) => !revoked.includes(each));
        if (lost === undefined || kept === undefined) throw new Error('Nothing was shared out.');
        const both = [kept, lost].map((each) => ({ ...placeOf(each), offset: 1 }));
        await expect(old.commit(both)).rejects.toThrow(PartitionLost);
        expect(await log.committed('shipping')).toEqual([]);
        await old.commit(both.slice(0, 1));
        expect(await log.committed('shipping')).toEqual(both.slice(0, 1));
        await old.close();
        expect(await next).toEqual({ done: true, value: undefined });
      });

      it('refuse a commit for what was never the member’s', async () => {
        const member = await join(log);
        await expect(member.commit([{ topic: 'payments', partition: 0, offset: 1 }])).rejects.toThrow(
          PartitionLost,
        );
      });

      it('give the partitions of a member that leaves to those that stay, and end its deliveries', async () => {
        const [first, second] = [await follow(log), await follow(await harness.another())];
        await sharedOut(first, second);
        await first.close();
        await first.ended;
        await eventually('the second has all', () => heldBy(second).join() === all.join());
        await log.publish(everywhere('a'));
        await eventually('the second is delivered all', () => second.messages.length === partitions);
      });

      it('count leaving the loop as leaving the group', async () => {
        const member = await join(log);
        for await (const delivery of member) {
          expect(delivery.kind).toBe('assigned');
          break;
        }
        const next = await follow(log);
        await eventually('the next one has all', () => heldBy(next).join() === all.join());
        await expect(member.commit([{ ...orders(0), offset: 1 }])).rejects.toThrow(PartitionLost);
      });

      it('let members come and go: every message is dealt with once and in order', async () => {
        const another = await harness.another();
        const dealtWith: Message[] = [];
        const followers: GroupFollower[] = [];
        const rounds = 12;
        for (let round = 0; round < rounds; round += 1) {
          await log.publish(everywhere(String(round)));
          if (round % 3 === 2) await followers.shift()?.close();
          else followers.push(new GroupFollower(await join(round % 2 === 0 ? another : log), dealtWith));
        }
        await eventually('all is dealt with', () => dealtWith.length >= rounds * partitions);
        const ofEach = Map.groupBy(dealtWith, nameOf);
        for (const [partition, messages] of ofEach) {
          expect(valuesOf(messages)).toEqual(Array.from({ length: rounds }, (_, n) => `${n}@${partition}`));
        }
        expect([...ofEach.keys()].toSorted()).toEqual(all);
      });
    });
  });
};

const orders = (partition: number): TopicPartition => ({ topic: 'orders', partition });

const placeOf = (named: string): TopicPartition => {
  const [topic = '', partition = ''] = named.split('/');
  return { topic, partition: Number(partition) };
};

/** The names of the partitions of a delivery that must be of that kind. */
const partitionsOf = (
  { value }: IteratorResult<GroupDelivery>,
  kind: 'assigned' | 'revoked',
): readonly string[] => {
  const delivery = value as GroupDelivery | undefined;
  if (delivery?.kind !== kind) throw new Error(`A delivery of kind ${kind} was expected.`);
  return delivery.partitions.map(nameOf).toSorted();
};
