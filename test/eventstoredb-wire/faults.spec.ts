import { afterEach, describe, expect, it } from '@jest/globals';
import {
  END,
  EventStoreDBClient,
  eventTypeFilter,
  jsonEvent,
  NO_STREAM,
  type Position,
  streamNameFilter,
} from '@eventstore/db-client';
import { until } from '../../src/testing/until.js';
import { follow, Follower, idsOf, made, madeMany, read, readIds, refusalOf } from './conformance-tools.js';
import { conditions, type Condition } from './faults.js';
import { startWireServer, type WireServer, type WireServerOptions } from './server.js';

describe('Wire-level test server', () => {
  const servers: WireServer[] = [];
  const clients: EventStoreDBClient[] = [];
  const connect = (connectionString: string): EventStoreDBClient => {
    const client = EventStoreDBClient.connectionString(connectionString);
    clients.push(client);
    return client;
  };
  const start = async (options: WireServerOptions = {}) => {
    const server = await startWireServer({ stallMs: 100, ...options });
    servers.push(server);
    return { server, client: connect(server.connectionString) };
  };

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  it('keeps silent about its features, so that an append waits for ever', async () => {
    const { server, client } = await start();
    server.faults.silentFeatures = true;
    const append = refusalOf(client.appendToStream('s', made(0)));
    expect(await refusalOf(readIds(client, 's'))).toMatchObject({ type: 'stream-not-found' });
    server.dropSockets();
    expect(await append).toMatchObject({ code: 14 });
  });

  it('keeps silent about a batch, ends it, or breaks it, and applies nothing', async () => {
    const { server, client } = await start();
    const { faults } = server;
    faults.silentBatch = true;
    const silent = refusalOf(client.appendToStream('silent', made(0)));
    await until('the batch', () => (server.open().batches === 1 ? true : undefined));
    server.dropSockets();
    expect(await silent).toMatchObject({ type: expect.stringMatching(/^(unavailable|cancelled)$/) });
    faults.silentBatch = false;
    faults.breakBatch = 1;
    const broken = await refusalOf(connect(server.connectionString).appendToStream('broken', made(0)));
    expect(broken).toMatchObject({ type: 'unavailable' });
    faults.endBatch = 1;
    // A client whose batch has ended can neither be disposed of nor settle the append.
    const undisposed = EventStoreDBClient.connectionString(server.connectionString);
    void refusalOf(undisposed.appendToStream('ended', made(0)));
    await until('the end', () => (faults.endBatch === 0 && server.open().batches === 0 ? true : undefined));
    const names = (await read(client.readAll())).map(({ event }) => event?.streamId);
    expect(names).toStrictEqual([]);
  });

  const refusals: Record<Condition, { call: string; batch: string }> = {
    'not ready': { call: 'unavailable', batch: 'unknown' },
    'too busy': { call: 'unavailable', batch: 'unknown' },
    'write timeout': { call: 'timeout', batch: 'deadline-exceeded' },
    'access denied': { call: 'access-denied', batch: 'access-denied' },
    unauthenticated: { call: 'access-denied', batch: 'access-denied' },
    'no leader': { call: 'unknown', batch: 'unknown' },
    'invalid transaction': { call: 'invalid-transaction', batch: 'unknown' },
    cancelled: { call: 'cancelled', batch: 'cancelled' },
  };

  it.each(conditions)('refuses calls: %s', async (condition) => {
    const { server } = await start();
    server.faults.refuse = { condition, calls: 5 };
    const credentials = { username: 'admin', password: 'changeit' };
    // A client forgets its connection after some of these errors.
    const client = () => connect(server.connectionString);
    const refused = [
      await refusalOf(client().appendToStream('s', made(0))),
      await refusalOf(client().appendToStream('s', made(0), { credentials })),
      await refusalOf(readIds(client(), 's')),
      await refusalOf(client().deleteStream('s')),
      await refusalOf(client().tombstoneStream('s')),
    ];
    const { call, batch } = refusals[condition];
    expect(refused.map((error) => (error as { type?: string }).type)).toStrictEqual([
      batch,
      call,
      call,
      call,
      call,
    ]);
    expect(await client().appendToStream('s', made(0))).toMatchObject({ nextExpectedRevision: 0n });
  });

  it('says of what it does not implement that it does not', async () => {
    const { client } = await start();
    const unimplemented = { code: 12 };
    expect(await refusalOf(client.setStreamMetadata('s', { maxCount: 3 }))).toMatchObject({
      type: 'unknown',
    });
    const credentials = { username: 'admin', password: 'changeit' };
    expect(await refusalOf(client.setStreamMetadata('s', { maxCount: 3 }, { credentials }))).toMatchObject(
      unimplemented,
    );
    await client.appendToStream('links', jsonEvent({ type: '$>', data: '0@s' }));
    expect(await refusalOf(read(client.readStream('links', { resolveLinkTos: true })))).toMatchObject(
      unimplemented,
    );
    expect(await refusalOf(client.listProjections())).toMatchObject(unimplemented);
  });

  it('truncates a stream by its metadata', async () => {
    const { client } = await start();
    const events = madeMany(4);
    await client.appendToStream('s', events);
    await client.setStreamMetadata('s', { truncateBefore: 2 });
    expect(await readIds(client, 's')).toStrictEqual(idsOf(events.slice(2)));
    const follower = await follow(client.subscribeToStream('s')).has(2);
    expect(follower.revisions).toStrictEqual([2n, 3n]);
    await follower.subscription.unsubscribe();
  });

  const checkpointsOf = async (profile: '23.10' | '24.10'): Promise<number[]> => {
    const { client } = await start({ profile });
    const history = Array.from({ length: 10 }, (_, n) => `history-${n}`);
    for (const stream of history) await client.appendToStream(stream, made(0));
    const reached: Position[] = [];
    const filter = streamNameFilter({
      prefixes: ['match'],
      maxSearchWindow: 4,
      checkpointInterval: 1,
      checkpointReached: (_, position) => {
        reached.push(position);
      },
    });
    const follower = follow(client.subscribeToAll({ filter }));
    await follower.until('caught up', ({ caughtUp }) => caughtUp > 0);
    for (let n = 0; n < 6; n += 1) await client.appendToStream('live', made(n));
    await client.appendToStream('match', made(0));
    await follower.has(1);
    await follower.subscription.unsubscribe();
    const commits = (await read(client.readAll())).map(({ event }) => event?.position.commit);
    return reached.map(({ commit }) => commits.indexOf(commit));
  };

  it('sends checkpoints by the events considered, in history and live', async () => {
    // 11 events of history, the server's own first: pages begin at 0 and 4, and the last one is not counted.
    expect(await checkpointsOf('23.10')).toStrictEqual([0, 4, 14]);
    expect(await checkpointsOf('24.10')).toStrictEqual([0, 4, 10, 14]);
  });

  it('can send a checkpoint that lies ahead, which loses an event (EventStore issue 4970)', async () => {
    const { server, client } = await start({ profile: '24.10' });
    server.faults.checkpointAhead = true;
    await client.appendToStream('noise', made(0));
    const reached: Position[] = [];
    const filter = eventTypeFilter({
      prefixes: ['Match'],
      checkpointReached: (_, position) => {
        reached.push(position);
      },
    });
    const follower = follow(client.subscribeToAll({ filter }));
    await follower.until('caught up', ({ caughtUp }) => caughtUp > 0);
    await follower.subscription.unsubscribe();
    const matches = [0, 1].map((n) => jsonEvent({ type: 'Match', data: { n } }));
    const [, kept] = matches;
    for (const event of matches) await client.appendToStream('s', event);
    expect(reached).toHaveLength(1);
    const resumed = follow(client.subscribeToAll({ filter, fromPosition: reached[0] ?? END }));
    await resumed.has(1);
    expect(resumed.ids).toStrictEqual([kept?.id]);
    await resumed.subscription.unsubscribe();
  });

  it('tells of falling behind if asked to, and catches up again', async () => {
    const { server, client } = await start({ profile: '24.10' });
    server.faults.fellBehind = true;
    await client.appendToStream('s', made(0));
    const follower = new Follower(client.subscribeToStream('s'));
    await follower.until('caught up', ({ caughtUp }) => caughtUp > 0);
    const events = madeMany(300, 'x'.repeat(10_000));
    for (let at = 0; at < events.length; at += 50)
      await client.appendToStream('s', events.slice(at, at + 50));
    await until('a subscription behind', () => (server.behind() === 1 ? true : undefined));
    follower.take();
    await follower.has(301);
    await follower.until('caught up again', ({ caughtUp }) => caughtUp === 2);
    expect(follower.fellBehind).toBe(1);
    await follower.subscription.unsubscribe();
  });

  it('tells who is in the cluster, so that a client finds the leader', async () => {
    const { server: follower } = await start();
    const { server: leader, client } = await start();
    const host = '127.0.0.1';
    follower.members = [
      { host, port: follower.port, state: 'follower', alive: true },
      { host, port: leader.port, state: 'leader', alive: true },
    ];
    const discovering = connect(`esdb+discover://${host}:${follower.port}?tls=false`);
    await discovering.appendToStream('s', made(0), { expectedRevision: NO_STREAM });
    expect(await readIds(client, 's')).toHaveLength(1);
    follower.members = [];
    const lost = connect(
      `esdb+discover://${host}:${follower.port}?tls=false&maxDiscoverAttempts=2&discoveryInterval=1`,
    );
    expect(await refusalOf(readIds(lost, 's'))).toMatchObject({
      message: expect.stringContaining('Failed to discover after 2 attempts'),
    });
  });
});
