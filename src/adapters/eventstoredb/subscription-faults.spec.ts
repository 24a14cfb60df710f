import { afterEach, describe, expect, it } from '@jest/globals';
import { binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  startWireServer,
  type WireServer,
  type WireServerOptions,
} from '../../../test/eventstoredb-wire/server.js';
import { type Delivery, type SubscribeOptions } from '../../ports/event-store.js';
import { eventually } from '../../testing/eventually.js';
import { eventsOf, idsOf, sampleEvent } from '../../testing/sample-events.js';
import { type EventStoreDb, openEventStoreDb } from './index.js';
import { logged, silent } from './testing/loggers.js';

describe('A subscription to EventStoreDB (the wire-level test server)', () => {
  const stops: (() => Promise<void>)[] = [];

  const site = async (options: WireServerOptions = {}, logger = silent) => {
    const server = await startWireServer({ port: 0, ...options });
    const db = openEventStoreDb({ url: server.connectionString, logger, operationTimeoutMs: 2_000 });
    stops.push(
      () => server.stop(),
      () => db.close(),
    );
    return { server, db };
  };

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  /** Reads on and on; what it got, and the failure that ended it. */
  const follow = (db: EventStoreDb, options: SubscribeOptions = { from: 'start' }) => {
    const subscription = db.eventStore.subscribe(options);
    const deliveries: Delivery[] = [];
    const reading = (async () => {
      for await (const delivery of subscription) deliveries.push(delivery);
    })();
    reading.catch(() => undefined);
    return {
      subscription,
      reading,
      deliveries,
      ids: () => deliveries.flatMap(({ events }) => idsOf(events)),
      isCaughtUp: () => deliveries.at(-1)?.caughtUp === true,
    };
  };

  const append = (db: EventStoreDb, id: string, stream = 'sample-1') =>
    db.eventStore.append(stream, 'any', [sampleEvent(id)]);

  const drops: readonly [string, (server: WireServer) => void | Promise<void>, RegExp][] = [
    [
      'is ended by the server',
      (server) => {
        server.endSubscriptions();
      },
      /^ended$/,
    ],
    [
      'is ended as a slow consumer',
      (server) => {
        server.abortSubscriptions();
      },
      /^too-slow$/,
    ],
    [
      'loses its connection',
      (server) => {
        server.dropSockets();
      },
      /^(unavailable|cancelled)$/,
    ],
    ['meets a restart', (server) => server.restart(), /^(unavailable|cancelled)$/],
  ];

  it.each(drops)('that %s goes on where it was, and says so', async (_, drop, reason) => {
    const { logger, messages } = logged();
    const { server, db } = await site({}, logger);
    const filter = { streamPrefixes: ['sample-'] };
    const all = follow(db);
    const narrow = follow(db, { from: 'start', filter });
    for (let round = 0; round < 3; round += 1) {
      await append(db, `before ${round}`);
      await eventually('both have it', () =>
        [all, narrow].every(({ ids }) => ids().length === 2 * round + 1),
      );
      await drop(server);
      await eventually('it can be appended', async () => {
        try {
          await db.eventStore.append('sample-1', 2 * round, [sampleEvent(`after ${round}`)]);
          return true;
        } catch {
          return false;
        }
      });
    }
    const expected = [0, 1, 2].flatMap((round) => [`before ${round}`, `after ${round}`]);
    await eventually('both have everything', () => [all, narrow].every(({ ids }) => ids().length >= 6));
    expect([all.ids(), narrow.ids()]).toStrictEqual([expected, expected]);
    const counted = Object.entries(db.status().reconnects).filter(([, count]) => count > 0);
    expect(counted.map(([name]) => name)).toStrictEqual([expect.stringMatching(reason)]);
    const dropped = 'EventStoreDB: a subscription was dropped; it goes on behind its position.';
    expect(messages.filter((message) => message === dropped)).toHaveLength(
      counted.reduce((sum, [, count]) => sum + count, 0),
    );
    await all.subscription.close();
    await narrow.subscription.close();
    expect(await Promise.all([all.reading, narrow.reading])).toStrictEqual([undefined, undefined]);
  });

  it.each(['not ready', 'too busy', 'cancelled', 'no leader'] as const)(
    'that is refused for a while (%s) begins when it can',
    async (condition) => {
      const { server, db } = await site();
      await append(db, 'a');
      server.faults.refuse = { condition, calls: 2 };
      expect(idsOf(await eventsOf(db.eventStore))).toStrictEqual(['a']);
      expect(Object.values(db.status().reconnects).reduce((sum, count) => sum + count)).toBe(2);
    },
  );

  it('that is not allowed ends with the reason', async () => {
    const { server, db } = await site();
    server.faults.refuse = { condition: 'access denied', calls: 1 };
    const { subscription, reading } = follow(db);
    await expect(reading).rejects.toThrow(/subscription to \$all: the user.*lacks the right/);
    expect(await subscription.ended).toStrictEqual({
      why: 'failed',
      error: expect.objectContaining({ name: 'AccessDenied' }),
    });
    expect(idsOf(await eventsOf(db.eventStore))).toStrictEqual([]);
  });

  it('is not read ahead of its consumer by more than a bounded number of events', async () => {
    const { server, db } = await site({ profile: '24.10' });
    const text = 'x'.repeat(10_000);
    const deliveries = db.eventStore.subscribe({ from: 'start', batchSize: 10 })[Symbol.asyncIterator]();
    await deliveries.next();
    for (let n = 0; n < 10; n += 1) {
      const events = Array.from({ length: 50 }, (_, m) => sampleEvent(`${n}/${m}`, { data: { text } }));
      await db.eventStore.append(`sample-${n}`, 'absent', events);
    }
    const ids: string[] = [];
    while (ids.length < 500) {
      const next = await deliveries.next();
      if (next.done === true) break;
      expect(next.value.events.length).toBeLessThanOrEqual(10);
      ids.push(...idsOf(next.value.events));
    }
    expect(ids).toStrictEqual(Array.from({ length: 500 }, (_, n) => `${Math.floor(n / 50)}/${n % 50}`));
    await deliveries.return?.();
    await eventually('the call is over', () => server.open().subscriptions === 0);
    expect(db.status().reconnects).toMatchObject({ 'too-slow': 0 });
  });

  it.each(['22.10', '23.10', '24.10'] as const)(
    'never says that it is beyond an event that it has not delivered, whatever the checkpoints say (%s)',
    async (profile) => {
      const { server, db } = await site({ profile });
      server.faults.checkpointAhead = true;
      const filter = { streamPrefixes: ['wanted-'] };
      for (let n = 0; n < 100; n += 1) await append(db, `${n}`, `other-${n % 7}`);
      const { deliveries, isCaughtUp, subscription, ids } = follow(db, { from: 'start', filter });
      await eventually('it has caught up', isCaughtUp);
      for (let n = 0; n < 10; n += 1) {
        const before = (await append(db, `o${n}`, 'other-1')).position;
        await eventually('it has passed it', () => (deliveries.at(-1)?.position ?? '') >= before);
      }
      const passed = deliveries.map(({ position }) => position);
      const { position } = await append(db, 'match', 'wanted-1');
      await eventually('it has the match', () => ids().length === 1);
      await subscription.close();
      expect(passed.filter((each) => each >= position)).toStrictEqual([]);
      for (const from of new Set(passed)) {
        expect(idsOf(await eventsOf(db.eventStore, { from, filter }))).toStrictEqual(['match']);
      }
    },
  );

  it('finds a match behind many events that do not match, and tells its way there', async () => {
    const { db } = await site();
    const others = Array.from({ length: 2_000 }, (_, n) => sampleEvent(`${n}`));
    await db.eventStore.append('other-1', 'absent', others);
    await append(db, 'match', 'wanted-1');
    const { deliveries, isCaughtUp, ids, subscription } = follow(db, {
      from: 'start',
      filter: { streamPrefixes: ['wanted-'] },
      batchSize: 1,
    });
    await eventually('it has caught up', isCaughtUp);
    expect(ids()).toStrictEqual(['match']);
    expect(deliveries.filter(({ events }) => events.length === 0).length).toBeGreaterThan(1);
    await subscription.close();
  });

  it('leaves out what others wrote, counts it and says it once a type; a read of such a stream fails', async () => {
    const { logger, messages } = logged();
    const { server, db } = await site({}, logger);
    const client = EventStoreDBClient.connectionString(server.connectionString);
    stops.push(() => client.dispose());
    await append(db, 'a');
    const json = () => jsonEvent({ type: 'Stranger', data: { n: 1 }, metadata: { user: 'x' } });
    await client.appendToStream('sample-2', [
      json(),
      json(),
      binaryEvent({ type: 'Blob', data: Buffer.of(1, 255) }),
    ]);
    await client.appendToStream('sample-2', {
      ...jsonEvent({ type: 'Copied', data: { ok: true } }),
      metadata: { metadata: { actor: 'copy' }, id: 'c', version: 2 },
    });
    await append(db, 'b');
    const events = await eventsOf(db.eventStore);
    expect(idsOf(events)).toStrictEqual(['a', 'c', 'b']);
    expect(events[1]).toMatchObject({ version: 2, data: { ok: true }, metadata: { actor: 'copy' } });
    expect(db.status().foreignEvents).toBe(3);
    expect(messages).toHaveLength(2);
    await expect(db.eventStore.readStream('sample-2')).rejects.toThrow(
      'Event Stranger (sample-2 revision 0) was not written by this system: its metadata has no version.',
    );
  });

  it('finds the head before events of the system, however many', async () => {
    const { server, db } = await site();
    const client = EventStoreDBClient.connectionString(server.connectionString);
    stops.push(() => client.dispose());
    const note = () => jsonEvent({ type: '$note', data: {} });
    const notes = (count: number) => client.appendToStream('$notes', Array.from({ length: count }, note));
    await notes(1_500);
    expect(await db.eventStore.head()).toBeUndefined();
    await notes(100);
    expect(await db.eventStore.head()).toBeUndefined();
    const { position } = await append(db, 'a');
    await notes(1_500);
    expect(await db.eventStore.head()).toBe(position);
    expect(await db.eventStore.head()).toBe(position);
    const later = await append(db, 'b');
    await notes(40);
    expect(await db.eventStore.head()).toBe(later.position);
    expect(idsOf(await eventsOf(db.eventStore))).toStrictEqual(['a', 'b']);
  });
});
