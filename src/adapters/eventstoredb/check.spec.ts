import { afterEach, beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { selfSigned } from '../../../test/eventstoredb-wire/certificate.js';
import {
  startWireServer,
  type WireServer,
  type WireServerOptions,
} from '../../../test/eventstoredb-wire/server.js';
import { eventsOf, idsOf, sampleEvent } from '../../testing/sample-events.js';
import { type EventStoreDb, type EventStoreDbOptions, openEventStoreDb } from './index.js';
import { logged, silent } from './testing/loggers.js';

const users = { admin: 'changeit', clerk: 'p:ss w@rd/?' };

describe('The connection to EventStoreDB', () => {
  let folder: string;
  let tls: NonNullable<WireServerOptions['tls']>;
  const open: (EventStoreDb | Pick<WireServer, 'stop'>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certificate-'));
    tls = { ...selfSigned(), caFile: join(folder, 'ca.pem') };
    await writeFile(tls.caFile, tls.cert);
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await ('stop' in each ? each.stop() : each.close());
  });

  const serve = async (options: WireServerOptions = {}): Promise<WireServer> => {
    const server = await startWireServer({ port: 0, ...options });
    open.push(server);
    return server;
  };

  const connect = (url: string, options: Partial<EventStoreDbOptions> = {}): EventStoreDb => {
    const db = openEventStoreDb({ url, logger: silent, operationTimeoutMs: 1_000, ...options });
    open.push(db);
    return db;
  };

  const portOf = (server: Pick<Server, 'address'>): number => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  /** Where nobody listens. */
  const freePort = async (): Promise<number> => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    server.close();
    return port;
  };

  const trusted = (): string => `tlsCAFile=${encodeURIComponent(tls.caFile)}`;

  it('is fine with a server that can be used', async () => {
    await expect(connect((await serve()).connectionString).check()).resolves.toBeUndefined();
  });

  it('says that nobody is there', async () => {
    const port = await freePort();
    const db = connect(`esdb://clerk:secret@127.0.0.1:${port}?tls=false`);
    await expect(db.check()).rejects.toThrow(
      new RegExp(
        `read of \\$all at 127.0.0.1:${port} now: it cannot be reached.*ECONNREFUSED[^ ]* 127.0.0.1:${port}\\)\\.$`,
      ),
    );
  });

  it('says that something else answers', async () => {
    const server = createHttp2Server().on('stream', (stream) => {
      stream.respond({ ':status': 404 });
      stream.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push({ stop: () => promisify(server.close.bind(server))() });
    const db = connect(`esdb://127.0.0.1:${portOf(server)}?tls=false`);
    await expect(db.check()).rejects.toThrow(/what answers there is no EventStoreDB; correct host and port/);
  });

  it('says that the host is not known', async () => {
    const db = connect('esdb://nowhere.invalid:2113?tls=false');
    await expect(db.check()).rejects.toThrow(/the host is not known; correct the connection string/);
  });

  it('says that the server does not speak TLS', async () => {
    const { port } = await serve();
    await expect(connect(`esdb://127.0.0.1:${port}`).check()).rejects.toThrow(/does not speak TLS there/);
  });

  it('says that the server may speak TLS only', async () => {
    const { port } = await serve({ tls });
    const db = connect(`esdb://127.0.0.1:${port}?tls=false`);
    await expect(db.check()).rejects.toThrow(/tls in the connection string is not as on the server/);
  });

  it('says that the certificate is not trusted', async () => {
    const { port } = await serve({ tls });
    await expect(connect(`esdb://localhost:${port}`).check()).rejects.toThrow(/tlsCAFile/);
  });

  it('says that the password is wrong, or that the user lacks a right', async () => {
    const { port } = await serve({ tls, users });
    const url = `esdb://localhost:${port}?${trusted()}`;
    await expect(connect(url, { username: 'admin', password: 'guess' }).check()).rejects.toThrow(
      /does not accept the user name and password/,
    );
    const clerk = connect(url, { username: 'clerk', password: users.clerk });
    await expect(clerk.check()).rejects.toThrow(/lacks the right.*\$all/);
    await expect(connect(url).check()).rejects.toThrow(/lacks the right/);
  });

  it('takes the credentials from the connection string, and rather from beside it', async () => {
    const { port } = await serve({ tls, users });
    const inUrl = `esdb://admin:changeit@localhost:${port}?${trusted()}`;
    await expect(connect(inUrl).check()).resolves.toBeUndefined();
    const clerk = connect(inUrl, { username: 'clerk', password: users.clerk });
    await clerk.eventStore.append('sample-1', 'absent', [sampleEvent('a')]);
    expect(idsOf(await clerk.eventStore.readStream('sample-1'))).toStrictEqual(['a']);
    await expect(clerk.check()).rejects.toThrow(/lacks the right/);
  });

  it('warns that credentials are not sent without TLS', async () => {
    const { connectionString } = await serve();
    const { logger, messages } = logged();
    await connect(connectionString, { logger, username: 'admin', password: 'changeit' }).check();
    expect(messages).toStrictEqual([
      'EventStoreDB: user name and password are not sent without TLS (tls=false).',
    ]);
  });

  it.each([
    ['no scheme of it', 'kurrentdb://localhost:2113', /neither esdb:\/\/ nor esdb\+discover:\/\//],
    ['a password in what cannot be parsed', 'esdb://admin:secret@?', /^(?!.*secret)/],
    ['a value that is none', 'esdb://admin:secret@localhost?tls=perhaps', /^(?!.*secret)/],
    ['a file that is not there', 'esdb://localhost?tlsCAFile=nowhere.pem', /certificate file/],
  ])('refuses a connection string with %s', (_, url, why) => {
    expect(() => connect(url)).toThrow(why);
    expect(() => connect(url)).toThrow(expect.objectContaining({ name: 'InvalidConnectionString' }));
  });

  it('refuses a user without a password', () => {
    expect(() => connect('esdb://localhost', { username: 'admin' })).toThrow(/a user name needs a password/);
  });

  it.each(['esdb', 'esdb+discover'])('finds the leader of a cluster by gossip (%s)', async (scheme) => {
    const leader = await serve();
    const follower = await serve();
    follower.members = [
      { host: '127.0.0.1', port: follower.port, state: 'follower', alive: true },
      { host: '127.0.0.1', port: leader.port, state: 'leader', alive: true },
    ];
    leader.members = follower.members;
    const dead = await freePort();
    const hosts =
      scheme === 'esdb' ? `127.0.0.1:${dead},127.0.0.1:${follower.port}` : `127.0.0.1:${follower.port}`;
    const { eventStore } = connect(`${scheme}://${hosts}?tls=false`, { operationTimeoutMs: 5_000 });
    await eventStore.append('sample-1', 'absent', [sampleEvent('a')]);
    const direct = connect(leader.connectionString).eventStore;
    expect(idsOf(await eventsOf(direct))).toStrictEqual(['a']);
  });

  it('says that no member of a cluster answers', async () => {
    const db = connect(`esdb://127.0.0.1:${await freePort()},127.0.0.1:${await freePort()}?tls=false`, {
      operationTimeoutMs: 5_000,
    });
    await expect(db.check()).rejects.toThrow(/no member of the cluster answered the gossip/);
  });

  it('refuses a server that does not know the positions of what it reads', async () => {
    const { connectionString } = await serve({ profile: '21.10' });
    const db = connect(connectionString);
    await expect(db.check()).rejects.toThrow(/too old.*22\.10 or newer/);
    await db.eventStore.append('sample-1', 'absent', [sampleEvent('a')]);
    await expect(db.eventStore.readStream('sample-1')).rejects.toThrow(/too old.*22\.10 or newer/);
  });

  it('leaves no call open when it closes', async () => {
    const server = await serve();
    const db = connect(server.connectionString);
    const subscription = db.eventStore.subscribe({ from: 'start' });
    await subscription[Symbol.asyncIterator]().next();
    await db.eventStore.append('sample-1', 'absent', [sampleEvent('a')]);
    expect(server.open()).toStrictEqual({ subscriptions: 1, batches: 1 });
    await db.close();
    await expect(db.check()).rejects.toThrow(/closed/);
    const fresh = connect(server.connectionString).eventStore;
    await fresh.head();
    expect(server.open()).toStrictEqual({ subscriptions: 0, batches: 0 });
  });
});
