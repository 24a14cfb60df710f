import { describe, expect, it } from '@jest/globals';
import { type Position } from '../kernel/envelope.js';
import { type Delivery, type EventFilter, type EventStore, type EventText } from '../ports/event-store.js';
import { eventually } from './eventually.js';
import { deliveriesUntil, eventsOf, idsOf, sampleEvent } from './sample-events.js';

export interface EventStoreHarness {
  /** On an empty log. */
  readonly store: EventStore;
  /** The same log through a connection of its own, as another process would have it. */
  readonly another: () => Promise<EventStore>;
  readonly dispose: () => Promise<void>;
}

/** The part of the event store's contract that is about subscriptions. */
export const describeSubscriptionContract = (harness: () => EventStoreHarness): void => {
  const append = (store: EventStore, stream: string, id: string, type?: string) =>
    store.append(stream, 'any', [sampleEvent(id, type === undefined ? {} : { type })]);

  const appendAll = async (store: EventStore, count: number, stream = 'sample-1') => {
    const events = Array.from({ length: count }, (_, n) => sampleEvent(`${stream}/${n}`));
    return store.append(stream, 'any', events);
  };

  describe('a subscription', () => {
    it('delivers all events in commit order, as they were stored', async () => {
      const { store } = harness();
      for (let n = 0; n < 9; n += 1) await append(store, `sample-${n % 3}`, `${n}`);
      const events = await eventsOf(store);
      expect(idsOf(events)).toStrictEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
      const positions = events.map(({ position }) => position);
      expect(positions).toStrictEqual([...new Set(positions)].toSorted());
      expect(events.filter(({ stream }) => stream === 'sample-1')).toStrictEqual(
        await store.readStream('sample-1'),
      );
    });

    it('delivers the same as texts to whoever does not want them parsed', async () => {
      const { store, another } = harness();
      for (let n = 0; n < 9; n += 1) await append(store, `sample-${n % 3}`, `${n}`);
      const stranger = await another();
      const filter = { streamPrefixes: ['sample-1', 'sample-2'] };
      for (const reader of [store, stranger]) {
        const texts: EventText[] = [];
        for await (const { events, caughtUp } of reader.subscribeTexts({ from: 'start', filter })) {
          texts.push(...events);
          if (caughtUp) break;
        }
        expect(
          texts.map(({ data, metadata, ...rest }) => ({
            ...rest,
            data: JSON.parse(data) as unknown,
            metadata: JSON.parse(metadata) as unknown,
          })),
        ).toStrictEqual((await eventsOf(store)).filter(({ stream }) => stream !== 'sample-0'));
      }
    });

    it('knows how much of the log lies before a position', async () => {
      const { store } = harness();
      const { position: first } = await append(store, 'sample-1', 'a');
      const { position: middle } = await appendAll(store, 50);
      const { position: end } = await appendAll(store, 49, 'sample-2');
      expect(store.fractionAt(first, first)).toBe(1);
      expect(store.fractionAt(end, end)).toBe(1);
      expect(store.fractionAt(middle, end)).toBeLessThan(1);
      expect(store.fractionAt(first, end)).toBeLessThan(store.fractionAt(middle, end));
    });

    it('goes on behind a position, of the same and of another connection', async () => {
      const { store, another } = harness();
      const { position } = await append(store, 'sample-1', 'a');
      await append(store, 'sample-1', 'b');
      const stranger = await another();
      await append(stranger, 'sample-2', 'c');
      for (const reader of [store, stranger]) {
        expect(idsOf(await eventsOf(reader, { from: position }))).toStrictEqual(['b', 'c']);
      }
    });

    it('delivers at most a batch at once, and can go on from each delivery', async () => {
      const { store } = harness();
      await appendAll(store, 25);
      const options = { from: 'start', batchSize: 10 } as const;
      const deliveries = await deliveriesUntil(store, options, ({ caughtUp }) => caughtUp);
      expect(Math.max(...deliveries.map(({ events }) => events.length))).toBeLessThanOrEqual(10);
      expect(deliveries.filter(({ caughtUp }) => caughtUp)).toHaveLength(1);
      let taken = 0;
      for (const { events, position } of deliveries) {
        taken += events.length;
        expect(await eventsOf(store, { from: position })).toHaveLength(25 - taken);
      }
      expect(taken).toBe(25);
    });

    it('says at once that it has caught up when there is nothing to deliver', async () => {
      const { store } = harness();
      const [empty] = await deliveriesUntil(store, { from: 'start' }, () => true);
      expect(empty).toMatchObject({ events: [], caughtUp: true });
      const { position } = await append(store, 'sample-1', 'a');
      const [atHead] = await deliveriesUntil(store, { from: position }, () => true);
      expect(atHead).toStrictEqual({ events: [], position, caughtUp: true });
      const [resumed] = await deliveriesUntil(
        store,
        { from: empty?.position ?? 'start' },
        ({ events }) => events.length > 0,
      );
      expect(idsOf(resumed?.events ?? [])).toStrictEqual(['a']);
    });

    it.each(['this', 'another'] as const)('wakes for the commits of %s connection', async (whose) => {
      const { store, another } = harness();
      const writer = whose === 'this' ? store : await another();
      const deliveries = store.subscribe({ from: 'start' })[Symbol.asyncIterator]();
      await deliveries.next();
      for (const id of ['a', 'b', 'c']) {
        const next = deliveries.next();
        const { position } = await append(writer, 'sample-1', id);
        const { value } = (await next) as IteratorYieldResult<Delivery>;
        expect(idsOf(value.events)).toStrictEqual([id]);
        expect(value).toMatchObject({ position, caughtUp: true });
      }
      await deliveries.return?.();
    });

    it('wakes although somebody else noticed the commit of another connection before', async () => {
      const { store, another } = harness();
      const writer = await another();
      const deliveries = store.subscribe({ from: 'start' })[Symbol.asyncIterator]();
      await deliveries.next();
      const next = deliveries.next();
      const { position } = await append(writer, 'sample-1', 'a');
      expect(await store.head()).toBe(position);
      expect(await next).toMatchObject({ done: false, value: { position } });
      await deliveries.return?.();
    });

    it.each<[string, EventFilter, readonly string[]]>([
      ['a prefix', { streamPrefixes: ['a_b-'] }, ['1', '5']],
      ['several prefixes', { streamPrefixes: ['a_b-', 'ab'] }, ['1', '4', '5']],
      ['a type', { types: ['Other'] }, ['2', '5']],
      ['a type or a prefix', { types: ['Other'], streamPrefixes: ['A_B-'] }, ['2', '3', '5']],
      ['neither', {}, ['1', '2', '3', '4', '5']],
      ['a prefix with a percent sign', { streamPrefixes: ['%'] }, []],
      ['part of a type', { types: ['Oth'] }, []],
    ])('delivers the events that match %s', async (_, filter, ids) => {
      const { store, another } = harness();
      const origin = (await store.append('before-1', 'absent', [sampleEvent('0')])).position;
      await append(store, 'a_b-1', '1');
      await append(store, 'axb-1', '2', 'Other');
      await append(store, 'A_B-1', '3');
      await append(store, 'ab', '4');
      await append(store, 'a_b-2', '5', 'Other');
      for (const reader of [store, await another()]) {
        expect(idsOf(await eventsOf(reader, { from: origin, filter }))).toStrictEqual(ids);
      }
    });

    it('moves its position over events that do not match', async () => {
      const { store, another } = harness();
      const filter = { streamPrefixes: ['wanted-'] };
      const first = await append(store, 'wanted-1', 'a');
      const second = await appendAll(store, 30);
      for (const reader of [store, await another()]) {
        const deliveries = await deliveriesUntil(reader, { from: 'start', filter }, (d) => d.caughtUp);
        expect(deliveries.flatMap(({ events }) => idsOf(events))).toStrictEqual(['a']);
        expect((deliveries.at(-1)?.position ?? '') >= second.position).toBe(true);
        const behind = await deliveriesUntil(
          reader,
          { from: first.position, filter },
          ({ position }) => position >= second.position,
        );
        expect(behind.flatMap(({ events }) => events)).toStrictEqual([]);
      }
    });

    it('moves its position on while it waits, although nothing matches', async () => {
      const { store } = harness();
      const positions: Position[] = [];
      const subscription = store.subscribe({ from: 'start', filter: { types: ['Never'] } });
      const reading = (async () => {
        for await (const { position, events } of subscription) {
          expect(events).toStrictEqual([]);
          positions.push(position);
        }
      })();
      await eventually('the first delivery', () => positions.length === 1);
      const { position } = await appendAll(store, 10);
      await eventually('the position is at the head', () => (positions.at(-1) ?? '') >= position);
      await subscription.close();
      await reading;
    });

    it('delivers nothing more in a store where nothing happens', async () => {
      const { store } = harness();
      await appendAll(store, 3);
      const deliveries: Delivery[] = [];
      const subscription = store.subscribe({ from: 'start' });
      const reading = (async () => {
        for await (const delivery of subscription) deliveries.push(delivery);
      })();
      await eventually('it has caught up', () => deliveries.at(-1)?.caughtUp === true);
      const before = deliveries.length;
      // Neighbours that come and go are no news to it.
      for (let n = 0; n < 20; n += 1) await eventsOf(store);
      await subscription.close();
      await reading;
      expect(deliveries).toHaveLength(before);
    });

    it('waits for a slow consumer and then goes on where it was', async () => {
      const { store } = harness();
      const deliveries = store.subscribe({ from: 'start', batchSize: 10 })[Symbol.asyncIterator]();
      const events: string[] = [];
      const take = async () => {
        const next = await deliveries.next();
        if (next.done === true) throw new Error('The subscription is over.');
        events.push(...idsOf(next.value.events));
        return next.value;
      };
      await take();
      // Far more than a buffer that this consumer never asked for would hold.
      const batches = 120;
      for (let n = 0; n < batches; n += 1) await appendAll(store, 100, `sample-${n}`);
      let delivery = await take();
      for (; events.length < batches * 100; delivery = await take()) {
        expect(delivery.events.length).toBeLessThanOrEqual(10);
      }
      const expected = Array.from(
        { length: batches * 100 },
        (_, n) => `sample-${Math.floor(n / 100)}/${n % 100}`,
      );
      expect(events).toStrictEqual(expected);
      await deliveries.return?.();
    });

    it.each(['this', 'another'] as const)(
      'that starts amid the writing of %s connection misses and repeats nothing',
      async (whose) => {
        const { store, another } = harness();
        const writer = whose === 'this' ? store : await another();
        const perWriter = 60;
        const writers = 16;
        let acknowledged = 0;
        const writing = Promise.all(
          Array.from({ length: writers }, async (_, w) => {
            for (let n = 0; n < perWriter; n += 1) {
              await writer.append(`sample-${w}`, n === 0 ? 'absent' : n - 1, [sampleEvent(`${w}/${n}`)]);
              acknowledged += 1;
            }
          }),
        );
        const total = writers * perWriter;
        const started: Promise<readonly Delivery[]>[] = [];
        for (const share of [0, 0.2, 0.5, 0.8]) {
          await eventually('some are written', () => acknowledged >= total * share);
          started.push(
            deliveriesUntil(store, { from: 'start', batchSize: 50 }, (_, events) => events.length >= total),
          );
        }
        const logs = (await Promise.all(started)).map((all) => all.flatMap(({ events }) => events));
        await writing;
        const [log = []] = logs;
        expect(await eventsOf(store)).toStrictEqual(log);
        for (const other of logs) expect(other).toStrictEqual(log);
        const positions = log.map(({ position }) => position);
        expect(positions).toStrictEqual([...new Set(positions)].toSorted());
        for (let w = 0; w < writers; w += 1) {
          const own = log.filter(({ stream }) => stream === `sample-${w}`);
          expect(own.map(({ revision }) => revision)).toStrictEqual(own.map((_, n) => n));
          expect(own).toHaveLength(perWriter);
        }
      },
    );

    it('interleaves the commits of two connections in one order for all', async () => {
      const { store, another } = harness();
      const other = await another();
      const total = 300;
      const reading = [store, other].map((reader) =>
        deliveriesUntil(reader, { from: 'start' }, (_, events) => events.length >= total),
      );
      await Promise.all(
        [store, other].map(async (writer, w) => {
          for (let n = 0; n < total / 2; n += 1) await append(writer, `sample-${w}`, `${w}/${n}`);
        }),
      );
      const [one, two] = (await Promise.all(reading)).map((all) => all.flatMap(({ events }) => events));
      expect(one).toHaveLength(total);
      expect(one).toStrictEqual(two);
      expect(one).toStrictEqual(await eventsOf(store));
    });

    it('ends as closed when it, or its consumer, or the store closes', async () => {
      const { store } = harness();
      const closed = store.subscribe({ from: 'start' });
      const abandoned = store.subscribe({ from: 'start' });
      const thrown = store.subscribe({ from: 'start' });
      const left = store.subscribe({ from: 'start' });
      const unread = store.subscribe({ from: 'start' });
      const drain = async (subscription: AsyncIterable<Delivery>) => {
        for await (const { position } of subscription) expect(position).toBeDefined();
      };
      const closing = drain(closed);
      const leaving = drain(left);
      await closed.close();
      await closing;
      for await (const { caughtUp } of abandoned) if (caughtUp) break;
      const throwing = (async () => {
        for await (const { position } of thrown) throw new Error(`at ${position}`);
      })();
      await expect(throwing).rejects.toThrow(/^at /);
      await store.close();
      await leaving;
      for (const { ended } of [closed, abandoned, thrown, left, unread]) {
        expect(await ended).toStrictEqual({ why: 'closed' });
      }
    });

    it('ends at whatever moment it is closed', async () => {
      const { store } = harness();
      await appendAll(store, 3);
      for (let moments = 0; moments < 30; moments += 1) {
        const subscription = store.subscribe({ from: 'start' });
        const closeSoon = async () => {
          for (let moment = 0; moment < moments; moment += 1) await Promise.resolve();
          await subscription.close();
        };
        for await (const { caughtUp } of subscription) if (caughtUp) void closeSoon();
        expect(await subscription.ended).toStrictEqual({ why: 'closed' });
      }
    });

    it('delivers nothing after it was closed', async () => {
      const { store } = harness();
      await appendAll(store, 20);
      const subscription = store.subscribe({ from: 'start', batchSize: 5 });
      let deliveries = 0;
      for await (const { events } of subscription) {
        expect(events.length).toBeLessThanOrEqual(5);
        deliveries += 1;
        await subscription.close();
      }
      expect(deliveries).toBe(1);
      await subscription.close();
    });
  });
};
