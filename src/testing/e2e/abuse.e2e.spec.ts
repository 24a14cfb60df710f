import { once } from 'node:events';
import { type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { HttpClient, read, type Reply } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';
import { until } from '../until.js';

describe('Whoever asks too much, or too slowly', () => {
  let site: Site;
  const clients: HttpClient[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    site = await Site.open();
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const client of clients.splice(0)) client.close();
    await site.clean();
  });

  /** The same program for somebody who comes from another address. */
  const from = (program: Program, address: string): HttpClient => {
    const client = new HttpClient(program.http.url, {}, address);
    clients.push(client);
    return client;
  };

  const connect = async (program: Program, text: string): Promise<Socket> => {
    const socket = await program.http.connect(text);
    sockets.push(socket);
    return socket;
  };

  const refusedForLoad = ({ status, headers, body }: Reply): boolean =>
    status === 503 &&
    /^[1-4]$/.test(String(headers['retry-after'])) &&
    contract.problem.parse(body).code === 'OVERLOADED';

  it('is told to come back, while others are served, and nothing that was taken is lost', async () => {
    const program = await site.start({ REQUESTS_IN_HAND_MAX: '4', REQUESTS_WAITING_MAX: '24' });
    const sku = await new Shop(program.http).stocked('FLOOD', 1_000_000);
    const [flood, others] = [new Shop(from(program, '127.0.0.2')), new Shop(from(program, '127.0.0.3'))];
    let over = false;
    const replies: Reply[] = [];
    const flooding = Promise.all(
      Array.from({ length: 200 }, async () => {
        while (!over) replies.push(await flood.send({ [sku]: 1 }));
      }),
    );
    const served: string[] = [];
    while (served.length < 25) served.push((await others.place({ [sku]: 1 })).orderId);
    expect((await program.http.get('/health/live')).status).toBe(200);
    over = true;
    await flooding;
    const taken = replies.filter(({ status }) => status === 201);
    const refused = replies.filter(refusedForLoad);
    expect(taken.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    expect(taken.length + refused.length).toBe(replies.length);
    const acknowledged = taken.map((reply) => read(contract.order, reply, 201).orderId);
    for (const orderId of [...served, ...acknowledged]) {
      expect((await others.ended(orderId)).status.lifecycle).toBe('confirmed');
    }
  });

  it('keeps nobody else waiting: idle connections, bodies that do not come, and headers that are too large', async () => {
    const program = await site.start({ REQUESTS_IN_HAND_MAX: '4' });
    await Promise.all(Array.from({ length: 2_000 }, () => connect(program, '')));
    const begun =
      'POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{';
    await Promise.all(Array.from({ length: 200 }, () => connect(program, begun)));
    await Promise.all(
      Array.from({ length: 200 }, () => connect(program, 'GET /api/orders HTTP/1.1\r\nhost: ')),
    );
    const large = await program.http.connect(
      `GET /health/live HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    sockets.push(large);
    const [answer] = (await once(large, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 431 .*"code":"HEADERS_TOO_LARGE"/s);
    const shop = new Shop(program.http);
    const sku = await shop.stocked('CALM', 10);
    const { orderId } = await shop.place({ [sku]: 1 });
    expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
  });

  it('takes nobody a place by reading no answer, and is refused what would wait for him', async () => {
    const program = await site.start({ REQUESTS_IN_HAND_MAX: '8', BODIES_MAX_BYTES: '2000000' });
    const shop = new Shop(from(program, '127.0.0.2'));
    const sku = await new Shop(program.http).stocked('SLOW', 1_000_000);
    await Promise.all(Array.from({ length: 300 }, () => shop.place({ [sku]: 1 })));
    await until('all orders', async () => {
      const { items } = read(contract.orders, await program.http.get('/api/orders?limit=300'), 200);
      return items.length === 300 || undefined;
    });
    const asked = 'GET /api/orders?limit=300 HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(100);
    const deaf = await Promise.all(Array.from({ length: 6 }, () => connect(program, '')));
    for (const socket of deaf) socket.pause().write(asked);
    const others = new Shop(from(program, '127.0.0.3'));
    const served: string[] = [];
    while (served.length < 20) served.push((await others.place({ [sku]: 1 })).orderId);
    expect((await program.http.get('/health/live')).status).toBe(200);
    let taken = '';
    for (const socket of deaf) {
      socket.on('data', (chunk: Buffer) => (taken += chunk.toString('latin1'))).resume();
    }
    await until('a refusal among the answers', () => taken.includes('"code":"OVERLOADED"') || undefined);
    for (const orderId of served) expect((await others.ended(orderId)).status.lifecycle).toBe('confirmed');
    await until('an answer', async () =>
      (await program.http.get('/api/orders?limit=300')).status === 200 ? true : undefined,
    );
  });

  it('does not fill the memory with bodies that are never finished', async () => {
    const program = await site.start({ BODIES_MAX_BYTES: '1000000' });
    const others = new Shop(from(program, '127.0.0.3'));
    const sku = await others.stocked('BODY', 10);
    const head =
      'POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 200000\r\n\r\n';
    const heavy = await Promise.all(
      Array.from({ length: 20 }, () => connect(program, head + ' '.repeat(100_000))),
    );
    await until('a refusal', async () =>
      refusedForLoad(await program.http.get('/api/catalog')) ? true : undefined,
    );
    const { orderId } = await others.place({ [sku]: 1 });
    expect((await others.ended(orderId)).status.lifecycle).toBe('confirmed');
    for (const socket of heavy) socket.destroy();
    await until('an answer', async () =>
      (await program.http.get('/api/catalog')).status === 200 ? true : undefined,
    );
  });
});
