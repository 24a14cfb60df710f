import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventStoreDBClient } from '@eventstore/db-client';
import { selfSigned } from './certificate.js';
import { made, madeMany, read, readIds, refusalOf } from './conformance-tools.js';
import { startWireServer, type WireServer } from './server.js';

describe('Wire-level test server with TLS and users', () => {
  let folder: string;
  let server: WireServer;
  const clients: EventStoreDBClient[] = [];
  const connect = (credentials: string): EventStoreDBClient => {
    const client = EventStoreDBClient.connectionString(
      server.connectionString.replace(/\/\/.*@/, `//${credentials}`),
    );
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wire-tls-'));
    const caFile = join(folder, 'ca.pem');
    const tls = { ...selfSigned(), caFile };
    await writeFile(caFile, tls.cert);
    server = await startWireServer({ tls, users: { admin: 'changeit', clerk: 'pass:word' } });
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('lets the administrator do everything but write to all', async () => {
    const client = connect('admin:changeit@');
    await client.appendToStream('s', madeMany(2));
    await client.setStreamMetadata('s', { truncateBefore: 1 });
    expect(await readIds(client, 's')).toHaveLength(1);
    expect((await read(client.readAll())).map(({ event }) => event?.streamId)).toStrictEqual([
      '$stats-127.0.0.1:2113',
      's',
      's',
      '$$s',
    ]);
    expect(await refusalOf(client.deleteStream('$all'))).toMatchObject({ type: 'access-denied' });
  });

  it('keeps others from what is the system’s', async () => {
    const client = connect('clerk:pass%3Aword@');
    await client.appendToStream('s', made(0));
    expect(await readIds(client, 's')).toHaveLength(1);
    const denied = { type: 'access-denied' };
    expect(await refusalOf(read(client.readAll()))).toMatchObject(denied);
    expect(await refusalOf(client.setStreamMetadata('s', {}))).toMatchObject(denied);
    const admin = { username: 'admin', password: 'changeit' };
    expect(await read(client.readAll({ credentials: admin }))).toHaveLength(2);
  });

  it('knows nobody without a name, or with a wrong password', async () => {
    const denied = { type: 'access-denied' };
    const nobody = connect('');
    expect(await refusalOf(nobody.appendToStream('s', made(0)))).toMatchObject(denied);
    expect(await refusalOf(readIds(nobody, 's'))).toMatchObject(denied);
    const wrong = connect('admin:wrong@');
    expect(await refusalOf(wrong.appendToStream('s', made(0)))).toMatchObject(denied);
    expect(await refusalOf(readIds(wrong, 's'))).toMatchObject({ ...denied, code: 16 });
  });
});
