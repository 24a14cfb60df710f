import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../../testing/eventually.js';
import './internals.js';

interface Connection {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

const require = createRequire(import.meta.url);
const socketFactory = require('kafkajs/src/network/socketFactory.js') as () => unknown;
const KafkaConnection = require('kafkajs/src/network/connection.js') as new (options: object) => Connection;
const silent = { debug: () => undefined, error: () => undefined };

const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('data', () => undefined).on('close', () => sockets.delete(socket));
});
afterEach(() => {
  server.close();
});

it('Requests that need a connection at the same time share one, which is closed, and made anew', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connection = new KafkaConnection({
    ...{
      host: '127.0.0.1',
      port,
      rack: null,
      clientId: 'spec',
      connectionTimeout: 5_000,
      requestTimeout: 5_000,
    },
    ...{ logger: { namespace: () => silent }, socketFactory: socketFactory(), maxInFlightRequests: null },
  });
  for (const requests of [3, 2]) {
    await Promise.all(Array.from({ length: requests }, () => connection.connect()));
    await eventually('the connection', () => sockets.size > 0);
    expect(sockets.size).toBe(1);
    await connection.disconnect();
    await eventually('the end of the connection', () => sockets.size === 0);
  }
});
