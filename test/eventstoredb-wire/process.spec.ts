import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { z } from 'zod';
import { idsOf, made, madeMany, newStream, read, readIds, refusalOf } from './conformance-tools.js';
import { startWireServer } from './server.js';

const main = fileURLToPath(new URL('../../dist/test/eventstoredb-wire/main.js', import.meta.url));
const readySchema = z.object({ connectionString: z.string(), pid: z.number(), control: z.string() });

describe('Wire-level test server as a process', () => {
  let folder: string;
  let data: string;
  const children: ChildProcess[] = [];
  const clients: EventStoreDBClient[] = [];
  const connect = (connectionString: string): EventStoreDBClient => {
    const client = EventStoreDBClient.connectionString(connectionString);
    clients.push(client);
    return client;
  };

  const start = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, [main, '--data', data, '--control', '0', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout }))
      return { ...readySchema.parse(JSON.parse(line)), child };
    throw new Error('The process ended before it was ready.');
  };

  const end = async (child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<unknown> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    return (await exited)[0];
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wire-process-'));
    data = join(folder, 'events.journal');
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    await Promise.all(children.splice(0).map((child) => end(child, 'SIGKILL')));
    await rm(folder, { recursive: true });
  });

  it('keeps what it has acknowledged when it is killed under load, and the revisions and positions', async () => {
    const { connectionString, child } = await start();
    const client = connect(connectionString);
    const acknowledged = new Map<string, { ids: string[]; position: bigint | undefined }>();
    const enough = new Promise<void>((resolve) => {
      for (let writer = 0; writer < 8; writer += 1)
        void (async () => {
          for (;;) {
            const [stream, events] = [newStream(), madeMany(3)];
            const { position } = await client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
            acknowledged.set(stream, { ids: idsOf(events), position: position?.commit });
            if (acknowledged.size >= 200) resolve();
          }
        })().catch(() => undefined);
    });
    await enough;
    await end(child, 'SIGKILL');
    const again = connect((await start()).connectionString);
    for (const [stream, { ids, position }] of acknowledged) {
      const stored = await read(again.readStream(stream));
      expect(stored.map(({ event }) => event?.id)).toStrictEqual(ids);
      expect(stored.at(-1)?.event?.position?.commit).toBe(position);
    }
    const [stream, { ids }] = [...acknowledged][0] ?? ['', { ids: [] }];
    const next = made(3);
    await again.appendToStream(stream, next, { expectedRevision: 2n });
    expect(await readIds(again, stream)).toStrictEqual([...ids, next.id]);
  });

  it('ends with SIGTERM, and does as it is told by its control', async () => {
    const { connectionString, control, child } = await start('--no-batch', '--profile', '24.10');
    const client = connect(connectionString);
    const faults = { refuse: { condition: 'not ready', calls: 1 } };
    const told = await fetch(`${control}/faults`, { method: 'PUT', body: JSON.stringify(faults) });
    expect(await told.json()).toMatchObject({ faults, open: { subscriptions: 0, batches: 0 } });
    expect(await refusalOf(client.appendToStream('s', made(0)))).toMatchObject({ type: 'unavailable' });
    await client.appendToStream('s', made(0));
    const restarted = await fetch(`${control}/restart`, { method: 'POST' });
    expect(restarted.status).toBe(200);
    const wrong = await fetch(`${control}/faults`, { method: 'PUT', body: '{"loseEverything":true}' });
    expect(wrong.status).toBe(400);
    expect(await readIds(connect(connectionString), 's')).toHaveLength(1);
    expect(await end(child, 'SIGTERM')).toBe(0);
  });

  it('forgets a write that was cut off, and writes on', async () => {
    const server = await startWireServer({ data });
    const client = connect(server.connectionString);
    const events = madeMany(2);
    await client.appendToStream('whole', events);
    const { length } = await readFile(data);
    await client.appendToStream('cut', madeMany(3));
    await server.stop();
    await truncate(data, (await readFile(data)).length - 5);
    const again = await startWireServer({ data });
    const other = connect(again.connectionString);
    expect(await readIds(other, 'whole')).toStrictEqual(idsOf(events));
    expect(await refusalOf(readIds(other, 'cut'))).toMatchObject({ type: 'stream-not-found' });
    expect(await readFile(data)).toHaveLength(length);
    await other.appendToStream('whole', made(2), { expectedRevision: 1n });
    await again.stop();
    await appendFile(data, Buffer.alloc(3));
    const third = await startWireServer({ data });
    expect(await readIds(connect(third.connectionString), 'whole')).toHaveLength(3);
    await third.stop();
  });
});
