import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventStoreDBClient } from '@eventstore/db-client';
import {
  startWireServer,
  type WireServer,
  type WireServerOptions,
} from '../../../test/eventstoredb-wire/server.js';
import { idsOf, sampleEvent } from '../../testing/sample-events.js';
import { type EventStoreDb, openEventStoreDb } from './index.js';
import { silent } from './testing/loggers.js';

const paths: readonly [string, WireServerOptions][] = [
  ['BatchAppend', {}],
  ['Append', { batch: false }],
];

describe.each(paths)('By %s, an append to EventStoreDB (the wire-level test server)', (path, options) => {
  const isBatched = path === 'BatchAppend';
  let server: WireServer;
  let db: EventStoreDb;
  const stops: (() => Promise<void>)[] = [];

  const connect = (url: string, operationTimeoutMs = 400): EventStoreDb => {
    const opened = openEventStoreDb({ url, logger: silent, operationTimeoutMs });
    stops.push(() => opened.close());
    return opened;
  };
  const serve = async (more: WireServerOptions = {}): Promise<WireServer> => {
    const started = await startWireServer({ port: 0, ...options, ...more });
    stops.push(() => started.stop());
    return started;
  };

  beforeEach(async () => {
    server = await serve();
    db = connect(server.connectionString);
  });

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const stored = async (stream: string): Promise<readonly string[]> =>
    idsOf(await db.eventStore.readStream(stream));

  it.each(['absent', 0] as const)(
    'whose answer got lost is sent again, and there once (%s)',
    async (expected) => {
      if (expected === 0) await db.eventStore.append('sample-1', 'absent', [sampleEvent('first')]);
      server.faults.loseAck = 1;
      const events = [sampleEvent('a'), sampleEvent('b')];
      const answer = await db.eventStore.append('sample-1', expected, events);
      const all = await db.eventStore.readStream('sample-1');
      expect(idsOf(all)).toStrictEqual(expected === 0 ? ['first', 'a', 'b'] : ['a', 'b']);
      expect(answer).toStrictEqual({ revision: all.length - 1, position: all.at(-1)?.position });
      expect(db.status().retries).toMatchObject(isBatched ? { unavailable: 1 } : { 'no-answer': 1 });
    },
  );

  it('without an expected revision whose answer got lost is not sent again, but said to be unknown', async () => {
    server.faults.loseAck = 1;
    await expect(db.eventStore.append('sample-1', 'any', [sampleEvent('a')])).rejects.toThrow(
      expect.objectContaining({ name: 'OutcomeUnknown', message: expect.stringMatching(/is unknown/) }),
    );
    expect(await stored('sample-1')).toStrictEqual(['a']);
  });

  it.each(['not ready', 'too busy', 'write timeout', 'no leader', 'cancelled'] as const)(
    'is sent again when the server says: %s',
    async (condition) => {
      server.faults.refuse = { condition, calls: 2 };
      await db.eventStore.append('sample-1', 'absent', [sampleEvent('a')]);
      expect(await stored('sample-1')).toStrictEqual(['a']);
      expect(Object.values(db.status().retries).reduce((sum, count) => sum + count)).toBe(2);
    },
  );

  it('is given up in the end, and others go on', async () => {
    server.faults.refuse = { condition: 'not ready', calls: 3 };
    await expect(db.eventStore.append('sample-1', 'absent', [sampleEvent('a')])).rejects.toThrow(
      expect.objectContaining({ name: 'OutcomeUnknown' }),
    );
    await db.eventStore.append('sample-1', 'absent', [sampleEvent('b')]);
    expect(await stored('sample-1')).toStrictEqual(['b']);
  });

  it('is refused where the user may not, or is unknown', async () => {
    server.faults.refuse = { condition: 'access denied', calls: 1 };
    const append = () => db.eventStore.append('sample-1', 'absent', [sampleEvent('a')]);
    await expect(append()).rejects.toThrow(/append to sample-1: the user.*lacks the right/);
    server.faults.refuse = { condition: 'unauthenticated', calls: 1 };
    await expect(append()).rejects.toThrow(/append to sample-1: it does not accept the user name/);
    await append();
    expect(await stored('sample-1')).toStrictEqual(['a']);
  });

  it('goes to the leader when the node is not it any more', async () => {
    const leader = await serve();
    server.faults.leader = { host: '127.0.0.1', port: leader.port };
    await db.eventStore.append('sample-1', 'any', [sampleEvent('a')]);
    expect(db.status().retries['not-leader']).toBe(1);
    const direct = connect(leader.connectionString).eventStore;
    expect(idsOf(await direct.readStream('sample-1'))).toStrictEqual(['a']);
  });

  it('that is too large is refused, and others go on', async () => {
    const text = 'x'.repeat(1_100_000);
    await expect(
      db.eventStore.append('sample-1', 'absent', [sampleEvent('a', { data: { text } })]),
    ).rejects.toThrow(/larger than the server takes at once \(1048576 bytes\)/);
    await db.eventStore.append('sample-1', 'absent', [sampleEvent('b')]);
    expect(await stored('sample-1')).toStrictEqual(['b']);
  });

  it('of several megabytes is one append', async () => {
    const large = connect((await serve({ maxAppendBytes: 15_000_000 })).connectionString, 10_000).eventStore;
    const text = 'x'.repeat(900_000);
    const events = Array.from({ length: 8 }, (_, n) => sampleEvent(`${n}`, { data: { text } }));
    const { revision } = await large.append('sample-1', 'absent', events);
    expect(revision).toBe(7);
    expect(await large.append('sample-1', 'absent', events)).toMatchObject({ revision: 7 });
    expect(idsOf(await large.readStream('sample-1'))).toStrictEqual(idsOf(events));
  });

  it('to a deleted stream goes on behind the last event, to a tombstoned one is refused by name', async () => {
    const client = EventStoreDBClient.connectionString(server.connectionString);
    stops.push(() => client.dispose());
    await db.eventStore.append('sample-1', 'absent', [sampleEvent('a'), sampleEvent('b')]);
    await client.deleteStream('sample-1');
    expect(await stored('sample-1')).toStrictEqual([]);
    expect(await db.eventStore.append('sample-1', 'absent', [sampleEvent('c')])).toMatchObject({
      revision: 2,
    });
    expect(await stored('sample-1')).toStrictEqual(['c']);
    await client.tombstoneStream('sample-1');
    const refusal = expect.objectContaining({ name: 'StreamDeleted' });
    await expect(db.eventStore.append('sample-1', 2, [sampleEvent('d')])).rejects.toThrow(refusal);
    await expect(stored('sample-1')).rejects.toThrow(refusal);
  });

  it('fails in bounded time when the server does not say what it can do, and later succeeds', async () => {
    server.faults.silentFeatures = true;
    await expect(db.eventStore.append('sample-1', 'any', [sampleEvent('a')])).rejects.toThrow(
      expect.objectContaining({
        name: 'StorageUnavailable',
        message: expect.stringMatching(/did not answer within 400 ms|Deadline exceeded/),
      }),
    );
    server.faults.silentFeatures = false;
    await db.eventStore.append('sample-1', 'any', [sampleEvent('b')]);
    expect(await stored('sample-1')).toStrictEqual(['b']);
  });

  it('meets a server that is restarted', async () => {
    await db.eventStore.append('sample-1', 'absent', [sampleEvent('a')]);
    await server.restart();
    await db.eventStore.append('sample-1', 0, [sampleEvent('b')]);
    expect(await stored('sample-1')).toStrictEqual(['a', 'b']);
  });
});

describe('BatchAppend of EventStoreDB (the wire-level test server)', () => {
  const stops: (() => Promise<void>)[] = [];
  const site = async () => {
    const server = await startWireServer({ port: 0 });
    const db = openEventStoreDb({ url: server.connectionString, logger: silent, operationTimeoutMs: 400 });
    stops.push(
      () => server.stop(),
      () => db.close(),
    );
    return { server, db };
  };

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  it('that is silent is given up in bounded time, and replaced', async () => {
    const { server, db } = await site();
    server.faults.silentBatch = true;
    await expect(db.eventStore.append('sample-1', 'absent', [sampleEvent('a')])).rejects.toThrow(
      /Whether EventStoreDB has done the append to sample-1 is unknown: EventStoreDB did not answer within 400 ms/,
    );
    expect(db.status().retries['no-answer']).toBe(2);
    server.faults.silentBatch = false;
    await db.eventStore.append('sample-1', 'absent', [sampleEvent('b')]);
    expect(server.open().batches).toBe(1);
  });

  it('that ends without a word is begun anew', async () => {
    const { server, db } = await site();
    server.faults.endBatch = 1;
    const appends = Array.from({ length: 20 }, (_, n) =>
      db.eventStore.append(`sample-${n}`, 'absent', [sampleEvent(`${n}`)]),
    );
    expect(await Promise.all(appends)).toHaveLength(20);
    expect(db.status().retries.ended).toBeGreaterThan(0);
  });

  it('that breaks harms no other connection', async () => {
    const [broken, sound] = [await site(), await site()];
    await sound.db.eventStore.append('sample-0', 'any', [sampleEvent('0')]);
    broken.server.faults.breakBatch = 3;
    const appends = Array.from({ length: 20 }, (_, n) =>
      sound.db.eventStore.append(`sample-${n + 1}`, 'any', [sampleEvent(`${n}`)]),
    );
    await expect(broken.db.eventStore.append('sample-1', 'absent', [sampleEvent('a')])).rejects.toThrow(
      expect.objectContaining({ name: 'OutcomeUnknown' }),
    );
    expect(await Promise.all(appends)).toHaveLength(20);
    expect(sound.db.status().retries).toMatchObject({ unavailable: 0 });
  });
});
