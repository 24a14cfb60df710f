import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { type Engine } from './engine.ts';
import { repository, type Settings } from './settings.ts';

const program = join(repository, 'dist/test/eventstoredb-wire/main.js');

/** Not EventStoreDB, which cannot be had here, but a test server that speaks its protocol. There once it is built. */
export const eventstore = (settings: Settings): Engine | undefined => {
  if (!existsSync(program)) return undefined;
  const port = settings.STACK_EVENTSTORE_PORT;
  const url = `esdb://127.0.0.1:${port}?tls=false`;
  return {
    name: 'eventstore',
    title: 'EventStoreDB (test server)',
    address: url,
    ports: [port],
    environment: { EVENTSTORE_URL: url },
    command: async (folder) =>
      Promise.resolve({
        file: process.execPath,
        args: [program, '--port', String(port), '--data', join(folder, 'events')],
      }),
    probe: async () => {
      const client = EventStoreDBClient.connectionString(`${url}&defaultDeadline=3000&maxDiscoverAttempts=1`);
      try {
        for await (const _ of client.readAll({ maxCount: 1 })) break;
      } finally {
        await client.dispose();
      }
    },
  };
};
