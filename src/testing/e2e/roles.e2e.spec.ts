import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { read } from './http-client.js';
import { Site } from './program.js';
import { Shop } from './shop.js';
import { until } from '../until.js';

describe('Processes on one data folder', () => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.open();
  });

  afterEach(() => site.clean());

  it('share the roles: one answers, the other does the work, whenever it is there', async () => {
    const [api, worker] = await Promise.all([
      site.start({ ROLES: 'api' }),
      site.start({ ROLES: 'process,projector' }),
    ]);
    const shop = new Shop(api.http);
    const sku = await shop.stocked('SKU-1', 10);
    const first = await shop.place({ [sku]: 1 });
    expect((await shop.ended(first.orderId)).status.lifecycle).toBe('confirmed');

    await worker.kill();
    const second = await shop.place({ [sku]: 2 });
    expect(second.status.lifecycle).toBe('placed');
    await worker.start();
    expect((await shop.ended(second.orderId)).status.lifecycle).toBe('confirmed');
    await shop.untilStock(sku, 10, 3);
  });

  it('share the work of one role: the second takes over from a killed one', async () => {
    const [first, second] = await Promise.all([site.start(), site.start()]);
    const shop = new Shop(second.http);
    const sku = await shop.stocked('SKU-1', 10);
    await first.kill();
    const { orderId } = await shop.place({ [sku]: 1 });
    expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
    await shop.untilStock(sku, 10, 1);
  });

  it.each([
    [['order,payment', 'catalog,cart,inventory']],
    [['order', 'payment', 'catalog', 'cart', 'inventory']],
  ])('share the services %j', async (groups) => {
    const programs = await Promise.all(groups.map((services) => site.start({ SERVICES: services })));
    const of = (service: string) => {
      const program = programs[groups.findIndex((services) => services.includes(service))];
      if (program === undefined) throw new Error(`Nobody runs ${service}.`);
      return program.http;
    };
    const shop = new Shop(of('order'), of('inventory'), of('catalog'), of('payment'));
    const sku = await shop.stocked('SKU-1', 10);

    const { orderId, paymentId } = await shop.place({ [sku]: 4 });
    expect((await shop.ended(orderId)).status).toEqual({
      lifecycle: 'confirmed',
      payment: 'authorised',
      fulfilment: 'reserved',
    });
    await shop.untilStock(sku, 10, 4);
    await shop.untilPayment(paymentId, 'authorised');

    const tooMuch = await shop.place({ [sku]: 7 });
    expect((await shop.ended(tooMuch.orderId)).reason?.code).toBe('OUT_OF_STOCK');
  });
});

describe('SIGTERM', () => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.open();
  });

  afterEach(() => site.clean());

  it('turns readiness off, lets what is in flight finish, and ends with 0', async () => {
    // So long that whoever asks finds it not ready before it is gone, on a busy machine too.
    const program = await site.start(Site.isEmbedded ? {} : { SHUTDOWN_DRAIN_MS: '5000' });
    const shop = new Shop(program.http);
    const sku = await shop.stocked('SKU-1', 10);
    const body = JSON.stringify({ customerId: 'cust-1', items: [{ sku, quantity: 1 }] });
    const { request, reply } = program.http.open('POST', '/api/orders', {
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    request.write(body.slice(0, 10));
    // The second request is answered, so the first, sent before it, has reached the program.
    expect(await program.readiness()).toBe(200);

    program.signal('SIGTERM');
    expect(await until('readiness to go', async () => notReady(await program.readiness()))).toBe(503);
    request.end(body.slice(10));
    const { orderId } = read(contract.order, await reply, 201);
    expect(await program.ended()).toBe(0);

    await program.start();
    expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
  });

  it('does not wait for connections that ask for nothing, nor for clients that keep theirs', async () => {
    const program = await site.start({ SHUTDOWN_TIMEOUT_MS: '4000', CONSISTENCY_TIMEOUT_MS: '1500' });
    const silent = await program.http.connect('');
    const halfHead = await program.http.connect('POST /api/orders HT');
    const halfBody = await program.http.connect(
      'POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"cust',
    );
    const { reply, request } = program.http.open('GET', '/api/catalog', {
      'consistency-token': Buffer.from('9'.repeat(20)).toString('base64url'),
    });
    request.end();
    expect(await program.readiness()).toBe(200);

    program.signal('SIGTERM');
    // It waits for a write that never comes.
    expect((await reply).status).toBe(400);
    expect(await program.ended()).toBe(0);
    for (const socket of [silent, halfHead, halfBody])
      await until('the end', () => socket.destroyed || undefined);
  });

  it('while a payment is not yet answered does not cost the order its payment', async () => {
    const program = await site.start({ SIMULATED_SLOW_ANSWER_MS: '1000' });
    const shop = new Shop(program.http);
    const sku = await shop.stocked('SKU-1', 10);
    const { orderId, paymentId } = await shop.place({ [sku]: 1 }, { paymentMethod: 'tok_slow' });
    await shop.untilPayment(paymentId, 'requested');
    expect(await program.stop()).toBe(0);

    await program.start();
    await shop.untilPayment(paymentId, 'authorised');
    expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
  });

  it('loses nothing that was acknowledged', async () => {
    const program = await site.start();
    const shop = new Shop(program.http);
    const sku = await shop.stocked('SKU-1', 100);
    const replies = Array.from({ length: 100 }, () => shop.send({ [sku]: 1 }).catch(() => undefined));
    await Promise.race(replies);
    expect(await program.stop()).toBe(0);
    const acknowledged = (await Promise.all(replies)).filter((reply) => reply?.status === 201);
    expect(acknowledged.length).toBeGreaterThan(0);

    await program.start();
    for (const reply of acknowledged) {
      const { orderId } = contract.order.parse(reply?.body);
      expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
    }
  });
});

const notReady = (status: number | undefined): number | 'gone' | undefined =>
  status === 200 ? undefined : (status ?? 'gone');
