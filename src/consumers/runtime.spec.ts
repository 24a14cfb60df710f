import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../adapters/embedded/index.js';
import { StorageUnavailable } from '../ports/storage.js';
import { type Consumed } from './consumer.js';
import { eventually } from '../testing/eventually.js';
import { group, message, openWorld, recorder, topic, type World } from './testing/world.js';

let world: World;

beforeEach(async () => {
  world = await openWorld((dataDir) => openEmbedded({ dataDir }));
});

afterEach(() => world.dispose());

const parkedIds = async () => {
  const { items } = await world.deadLetters.find({}, { limit: 100 });
  return items.map(({ eventId, state }) => `${eventId} ${state}`);
};
const allCommitted = (count: number) =>
  eventually('the commits', async () => (await world.committed()) === count);

describe('a consumer', () => {
  it('handles every message of its types once, and its offsets say so', async () => {
    await world.publish('a1', 'b1');
    const { seen, handle } = recorder();
    const runner = world.start({ handle });
    await eventually('the past', () => seen.length === 2);
    await world.publish('a2', 'b2');
    await world.log.publish([message('c1', { type: 'OrderShipped' })]);
    await allCommitted(5);
    expect(seen.toSorted()).toStrictEqual(['a1', 'a2', 'b1', 'b2']);
    await eventually('a look at the lag', () => runner.status.partitions.every(({ lag }) => lag === 0));
    expect(runner.status).toStrictEqual({
      group,
      state: 'running',
      partitions: [0, 1].map((partition) => ({ topic, partition, lag: 0 })),
      lag: 0,
      inFlight: 0,
      handled: 4,
      skipped: 1,
      duplicates: 0,
      retried: 0,
      parked: { failed: 0, due: 0, waiting: 0 },
      lastFailure: undefined,
      restarts: 0,
    });
    expect(world.entries).toStrictEqual([]);
  });

  it('keeps the order of each key, and no key waits for another', async () => {
    const { seen, handle, letGo } = recorder({ held: ['a1'] });
    await world.publish('a1', 'a2', 'b1', 'c1', 'a3', 'b2');
    world.start({ handle });
    await eventually('the others', () => seen.length === 4);
    expect(seen.toSorted()).toStrictEqual(['a1', 'b1', 'b2', 'c1']);
    letGo('a1');
    await eventually('the first key', () => seen.includes('a3'));
    expect(seen.filter((id) => id.startsWith('a'))).toStrictEqual(['a1', 'a2', 'a3']);
  });

  it('tries a failing message again, which holds back its own key only', async () => {
    const { seen, handle, broken } = recorder({ failing: ['a1'] });
    await world.publish('a1', 'a2', 'b1', 'c1');
    const runner = world.start({ handle, settings: { attempts: 100, firstPauseMs: 2 } });
    await eventually('some attempts', () => runner.status.retried >= 3 && seen.includes('c1'));
    expect(seen).not.toContain('a2');
    broken.clear();
    await allCommitted(4);
    const { retried, handled } = runner.status;
    expect(seen.filter((id) => id === 'a1')).toHaveLength(retried + 1);
    expect(handled).toBe(4);
    expect(await parkedIds()).toStrictEqual([]);
  });

  it('parks nothing because an engine is away, for however long', async () => {
    const { seen, handle } = recorder();
    let failures = 0;
    const away = async (event: Consumed, signal: AbortSignal): Promise<void> => {
      if (failures < 20) {
        failures += 1;
        throw new StorageUnavailable('The event store is away.', undefined);
      }
      await handle(event, signal);
    };
    await world.publish('a1', 'b1');
    const runner = world.start({ handle: away, settings: { attempts: 2, firstPauseMs: 1, mostPauseMs: 1 } });
    await allCommitted(2);
    expect(seen.toSorted()).toStrictEqual(['a1', 'b1']);
    expect(await parkedIds()).toStrictEqual([]);
    expect(runner.status).toMatchObject({ handled: 2, retried: 20 });
  });

  it('parks what fails to the end, and behind it what follows of its key; other keys go on', async () => {
    const { seen, handle } = recorder({ failing: ['a1'] });
    await world.publish('a1', 'a2', 'b1');
    const runner = world.start({ handle });
    await allCommitted(3);
    await world.publish('a3', 'b2');
    await allCommitted(5);
    expect(seen.toSorted()).toStrictEqual(['a1', 'a1', 'b1', 'b2']);
    expect(await parkedIds()).toStrictEqual(['a1 failed', 'a2 waiting', 'a3 waiting']);
    await eventually('the look', () => runner.status.parked.waiting === 2);
    expect(runner.status).toMatchObject({
      handled: 2,
      retried: 1,
      parked: { failed: 1, due: 0, waiting: 2 },
      lastFailure: {
        event: expect.stringMatching(/^OrderConfirmed \(commerce\.order\.events\/\d@0\)$/),
        message: 'RangeError: no stock for a1',
        at: world.clock.at,
      },
    });
    expect(world.entries.map(({ level, message: text }) => [level, text.slice(0, 36)])).toStrictEqual([
      ['warn', 'sample could not deal with OrderConf'],
      ['error', 'sample parks OrderConfirmed (commerc'],
    ]);
  });

  it('publishes what failed, and only that, as a dead letter with the headers of Spring Kafka', async () => {
    const { handle } = recorder({ failing: ['a1'] });
    await world.log.publish([message('a1', { at: 1_234 }), message('a2')]);
    world.start({ handle });
    await allCommitted(2);
    const name = `${topic}.${group}.dead-letters`;
    const published = world.log.partitionsOf(name).flatMap((at) => world.log.messages(at));
    expect(published).toHaveLength(1);
    const [letter] = published;
    const [{ items }, partition] = [
      await world.deadLetters.find({ state: 'failed' }, { limit: 1 }),
      letter?.partition,
    ];
    const number = (text: string) => Buffer.from(text, 'hex');
    expect({ ...letter, headers: letter?.headers.map(([header, value]) => [header, value]) }).toStrictEqual({
      topic: name,
      partition,
      offset: 0,
      timestamp: expect.any(Number),
      key: Buffer.from('a'),
      value: Buffer.from('value of a1'),
      headers: [
        ['event-id', Buffer.from('a1')],
        ['event-type', Buffer.from('OrderConfirmed')],
        ['kafka_dlt-original-topic', Buffer.from(topic)],
        ['kafka_dlt-original-partition', number(`0000000${items[0]?.message.partition ?? ''}`)],
        ['kafka_dlt-original-offset', number('0000000000000000')],
        ['kafka_dlt-original-timestamp', number('00000000000004d2')],
        ['kafka_dlt-original-timestamp-type', Buffer.from('CreateTime')],
        ['kafka_dlt-original-consumer-group', Buffer.from(group)],
        ['kafka_dlt-exception-fqcn', Buffer.from('RangeError')],
        ['kafka_dlt-exception-message', Buffer.from('no stock for a1')],
        ['kafka_dlt-exception-stacktrace', Buffer.from(items[0]?.failure?.stack ?? '')],
        ['kafka_deliveryAttempt', number('00000002')],
      ],
    });
  });

  it.each([
    [
      'that cannot be decoded',
      { value: Buffer.from('garbage') },
      'NotConfluentFormat',
      "Not in Confluent's wire format (byte 0, schema id in 4 bytes, Avro): garbage.",
    ],
    [
      'without a key',
      { key: null },
      'ForeignMessage',
      'The message has no key, so it has no place in any order.',
    ],
    ['without headers', { headers: [] }, 'ForeignMessage', 'The message has no header event-type.'],
    [
      'of a type that is strange to its topic',
      { headers: [['event-type', Buffer.from('CartOpened')]] as const },
      'ForeignMessage',
      `Events of type CartOpened do not belong on ${topic}, as far as this program knows.`,
    ],
  ])('parks a message %s at once', async (_, change, errorClass, text) => {
    const { seen, handle } = recorder();
    await world.log.publish([{ ...message('a1'), ...change }, message('b1')]);
    world.start({ handle });
    await allCommitted(2);
    expect(seen).toStrictEqual(['b1']);
    const { items } = await world.deadLetters.find({}, { limit: 10 });
    expect(items.map(({ state, failure }) => ({ state, failure }))).toStrictEqual([
      {
        state: 'failed',
        failure: expect.objectContaining({ errorClass, message: text, attempts: 1 }),
      },
    ]);
    expect(world.entries.map(({ level }) => level)).toStrictEqual(['error']);
  });

  it.each([{ maxInFlight: 4 }, { concurrency: 4 }])(
    'handles no more at once than it may: %j',
    async (settings) => {
      const ids = Array.from(
        { length: 30 },
        (_, index) => `${String.fromCharCode(97 + (index % 26))}${index}`,
      );
      let [inHand, most] = [0, 0];
      await world.publish(...ids);
      const runner = world.start({
        handle: async () => {
          most = Math.max(most, (inHand += 1));
          await Promise.resolve();
          inHand -= 1;
        },
        settings,
      });
      await allCommitted(30);
      expect(most).toBeLessThanOrEqual(4);
      expect(runner.status.handled).toBe(30);
    },
  );

  it('asks for nothing more while its hands are full', async () => {
    const { seen, handle, letGo } = recorder({ held: ['a1', 'b1'] });
    await world.publish('a1', 'b1');
    const runner = world.start({ handle, settings: { maxInFlight: 2 } });
    await eventually('full hands', () => runner.status.inFlight === 2);
    await world.publish('c1');
    letGo('a1');
    letGo('b1');
    await allCommitted(3);
    expect(seen.toSorted()).toStrictEqual(['a1', 'b1', 'c1']);
  });
});

describe('the inbox of a consumer', () => {
  it('recognises what was handled but not committed before a crash', async () => {
    const first = recorder();
    await world.publish('a1', 'b1');
    const crashed = world.start({ handle: first.handle, settings: { commitEveryMs: 60_000 } });
    await eventually('both handled', () => crashed.status.handled === 2);
    await eventually('both noted', async () => (await world.inbox.seen(group, ['a1', 'b1'])).size === 2);
    world.log.faults.set('commit', new Error('power cut'));
    await crashed.stop();
    world.log.faults.clear();
    expect(await world.committed()).toBe(0);

    const second = recorder();
    const runner = world.start({ handle: second.handle });
    await world.publish('a2');
    await allCommitted(3);
    expect([first.seen.toSorted(), second.seen]).toStrictEqual([['a1', 'b1'], ['a2']]);
    expect(runner.status).toMatchObject({ handled: 1, duplicates: 2 });
  });

  it('recognises an event that was published twice, even while it is in hand', async () => {
    const { seen, handle, letGo } = recorder({ held: ['a1'] });
    await world.publish('a1', 'a1', 'a2');
    const runner = world.start({ handle });
    await eventually('it is in hand', () => seen.length === 1);
    letGo('a1');
    await allCommitted(3);
    expect(seen).toStrictEqual(['a1', 'a2']);
    expect(runner.status).toMatchObject({ handled: 2, duplicates: 1 });
  });
});

describe('a redrive', () => {
  const failingAt = (...failing: string[]) => {
    const record = recorder({ failing });
    const runner = world.start({ handle: record.handle });
    return { ...record, runner };
  };

  it('deals with the parked messages of a key in order, each once, before what comes', async () => {
    const { seen, broken } = failingAt('a1');
    await world.publish('a1', 'a2', 'b1', 'a3');
    await allCommitted(4);
    broken.clear();
    seen.length = 0;
    expect(await world.deadLetters.redrive({}, null)).toBe(1);
    await world.publish('a4');
    await eventually('all', () => seen.length === 4);
    await eventually('nothing parked', async () => (await parkedIds()).length === 0);
    await allCommitted(5);
    expect(seen).toStrictEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('tells the consumer where each message came from, and that it is a redrive', async () => {
    const arrivals: unknown[] = [];
    const broken = new Set(['a1']);
    world.start({
      handle: ({ id }, _signal, arrival) => {
        const { message, redriven } = arrival ?? {};
        arrivals.push([id, message?.topic, message?.offset, redriven]);
        return broken.has(id) ? Promise.reject(new RangeError(id)) : Promise.resolve();
      },
      settings: { attempts: 1 },
    });
    await world.publish('a1', 'a2');
    await allCommitted(2);
    broken.clear();
    await world.deadLetters.redrive({}, null);
    await eventually('nothing parked', async () => (await parkedIds()).length === 0);
    const [first] = arrivals;
    expect(arrivals).toStrictEqual([first, ['a1', topic, 0, true], ['a2', topic, 1, true]]);
    expect(first).toStrictEqual(['a1', topic, 0, false]);
  });

  it('of one that fails again parks it again with what happened now', async () => {
    const { seen, broken } = failingAt('a1');
    await world.publish('a1', 'a2');
    await allCommitted(2);
    world.clock.at = '2026-01-02T00:00:00.000Z';
    await world.deadLetters.redrive({}, null);
    await eventually('it has failed again', async () => {
      const { items } = await world.deadLetters.find({}, { limit: 1 });
      return items[0]?.attempts === 4 && items[0].state === 'failed';
    });
    const { items } = await world.deadLetters.find({}, { limit: 2 });
    expect(seen).toStrictEqual(['a1', 'a1', 'a1', 'a1']);
    expect(items).toMatchObject([
      {
        eventId: 'a1',
        failure: { attempts: 2, errorClass: 'RangeError' },
        firstFailedAt: Date.parse('2026-01-01'),
        lastFailedAt: Date.parse('2026-01-02'),
      },
      { eventId: 'a2', state: 'waiting', failure: null },
    ]);
    broken.clear();
    await world.deadLetters.redrive({}, null);
    await eventually('the mend', () => seen.includes('a2'));
  });

  it('parks one that waited and fails now, with the rest of its key behind it', async () => {
    const { broken } = failingAt('a1', 'a2');
    await world.publish('a1', 'a2', 'a3');
    await allCommitted(3);
    broken.delete('a1');
    await world.deadLetters.redrive({}, null);
    await eventually('the second has failed', async () => (await parkedIds())[0] === 'a2 failed');
    expect(await parkedIds()).toStrictEqual(['a2 failed', 'a3 waiting']);
  });

  it('goes on after what was given up', async () => {
    const { seen } = failingAt('a1');
    await world.publish('a1', 'a2');
    await allCommitted(2);
    const [first] = (await world.deadLetters.find({}, { limit: 1 })).items;
    await world.deadLetters.remove([first?.id ?? '']);
    await eventually('the next', () => seen.includes('a2'));
    await eventually('nothing parked', async () => (await parkedIds()).length === 0);
  });

  it('tries no more a second than it may', async () => {
    const { seen, broken, runner } = failingAt('a1', 'b1', 'c1');
    await world.publish('a1', 'b1', 'c1');
    await allCommitted(3);
    broken.clear();
    seen.length = 0;
    // Time stands still, so only the first may be tried.
    await world.deadLetters.redrive({}, 50);
    await eventually('the first', () => seen.length === 1);
    world.clock.at = '2026-01-01T00:00:00.020Z';
    await eventually('the second', () => seen.length === 2);
    expect(runner.status.inFlight).toBeLessThanOrEqual(1);
    world.clock.at = '2026-01-01T00:00:00.040Z';
    await eventually('the third', () => seen.length === 3);
  });
});

describe('a consumer that shares its group', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

  it('hands partitions over when what is in hand is finished, and nothing is handled twice', async () => {
    const [one, two] = [recorder({ held: ['a1'] }), recorder()];
    const ids = keys.map((key) => `${key}1`);
    await world.publish(...ids);
    const first = world.start({ handle: one.handle });
    await eventually('all but one', () => first.status.handled === ids.length - 1);
    const second = world.start({ handle: two.handle });
    await eventually('the second has joined', () => second.status.state === 'running');
    one.letGo('a1');
    await eventually('both have a partition', () =>
      [first, second].every(({ status }) => status.partitions.length === 1),
    );
    const later = keys.map((key) => `${key}2`);
    await world.publish(...later);
    await allCommitted(16);
    expect([...one.seen, ...two.seen].toSorted()).toStrictEqual([...ids, ...later].toSorted());
    expect(two.seen.length).toBeGreaterThan(0);
  });

  it('interrupts what takes too long, which the next owner handles', async () => {
    const [one, two] = [recorder({ held: ['a1', 'b1'] }), recorder()];
    await world.publish('a1', 'b1');
    const first = world.start({ handle: one.handle, settings: { handoverMs: 1 } });
    await eventually('both in hand', () => one.seen.length === 2);
    const second = world.start({ handle: two.handle });
    await eventually('it goes on', () => second.status.handled === 1);
    expect(one.seen).toContain(two.seen[0]);
    expect(first.status).toMatchObject({ handled: 0, restarts: 0, parked: { failed: 0 } });
  });

  it('commits nothing of a partition that it has lost, and parks nothing of it', async () => {
    const [one, two] = [recorder({ held: ['a1'], failing: ['a1'] }), recorder()];
    await world.publish('c1', 'a1');
    const first = world.start({ handle: one.handle });
    await eventually('it is in hand', () => one.seen.includes('a1'));
    await allCommitted(1);
    world.log.expire(group);
    await world.publish('a2');
    world.start({ handle: two.handle });
    await allCommitted(3);
    one.letGo('a1');
    await eventually('it has found out', () => first.status.partitions.length < 2);
    expect([one.seen, two.seen]).toStrictEqual([
      ['c1', 'a1', 'a1'],
      ['a1', 'a2'],
    ]);
    expect([await world.committed(), await parkedIds(), first.status.restarts]).toStrictEqual([3, [], 0]);
    expect(world.entries.at(-1)).toStrictEqual({
      level: 'warn',
      message: `Partition 0 of ${topic} has passed to another member of the group.`,
      fields: { group, topic, partition: 0 },
    });
  });
});

describe('a fault behind a consumer', () => {
  it.each(['join', 'commit'] as const)(
    'in %s is told of, and it starts again when it is over',
    async (what) => {
      const { seen, handle } = recorder();
      world.log.faults.set(what, new Error('connection lost'));
      await world.publish('a1');
      const runner = world.start({ handle });
      await eventually('restarts', () => runner.status.restarts >= 2);
      world.log.faults.clear();
      await allCommitted(1);
      expect(seen).toStrictEqual(['a1']);
      expect(runner.status.state).toBe('running');
      expect(world.entries[0]).toMatchObject({
        level: 'error',
        message: 'consumer:sample failed and is started again',
      });
    },
  );

  it('in inbox or dead letters costs no message its place', async () => {
    const { seen, handle } = recorder();
    let left = 3;
    const inbox = {
      seen: world.inbox.seen.bind(world.inbox),
      forgetBefore: world.inbox.forgetBefore.bind(world.inbox),
      add: (of: string, id: string) =>
        (left -= 1) >= 0 ? Promise.reject(new Error('disk full')) : world.inbox.add(of, id),
    };
    await world.publish('a1', 'a2', 'a3');
    const runner = world.start({ handle, ports: { inbox } });
    await allCommitted(3);
    // At least once: what could not be noted comes again, and nothing of its key before it.
    expect(seen).toStrictEqual(['a1', 'a1', 'a1', 'a1', 'a2', 'a3']);
    expect(runner.status.restarts).toBe(3);
  });

  it('that keeps the decoder from reading parks nothing', async () => {
    const { seen, handle } = recorder();
    let left = 2;
    const decode = (from: Parameters<World['decode']>[0]): Promise<Consumed> =>
      (left -= 1) >= 0 ? Promise.reject(new Error('no registry')) : world.decode(from);
    await world.publish('a1', 'a2');
    world.start({ handle, ports: { decode } });
    await allCommitted(2);
    expect(seen).toStrictEqual(['a1', 'a2']);
    expect(await parkedIds()).toStrictEqual([]);
  });
});

describe('the stop of a consumer', () => {
  it('finishes what is being handled, commits it and leaves the group', async () => {
    const { seen, handle, letGo } = recorder({ held: ['a1'] });
    await world.publish('a1', 'a2');
    const runner = world.start({ handle });
    await eventually('it is in hand', () => seen.length === 1);
    const stopped = runner.stop();
    letGo('a1');
    await stopped;
    expect(seen).toStrictEqual(['a1']);
    expect(await world.committed()).toBe(1);
    expect(await world.log.groups()).toMatchObject([{ members: 0 }]);
    expect(runner.status).toMatchObject({ state: 'stopped', handled: 1, partitions: [] });
  });

  it('does not wait for the next attempt', async () => {
    const { seen, handle } = recorder({ failing: ['a1'] });
    await world.publish('a1');
    const runner = world.start({
      handle,
      settings: { attempts: 5, firstPauseMs: 600_000, mostPauseMs: 600_000 },
    });
    await eventually('the first attempt', () => runner.status.retried === 1);
    await runner.stop();
    expect([seen, await parkedIds(), await world.committed()]).toStrictEqual([['a1'], [], 0]);
  });
});
