import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { cli } from './cli.js';
import { type HttpClient, read } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';

const contact = { name: 'Wilhelmina Quarterstone', email: 'wilhelmina@quarterstone.example' };
const given = {
  name: 'Reception of Quarterstone',
  line1: '17 Periwinkle Crescent',
  line2: 'Staircase Magenta',
  postalCode: 'QX9 7ZZ',
  city: 'Nether Wallopstead',
  country: 'GB',
};
const shippingAddress = { ...given, region: null };
/** The country is short enough to be found anywhere. */
const secrets = [
  ...Object.values(contact),
  given.name,
  given.line1,
  given.line2,
  given.postalCode,
  given.city,
];

const found = (bytes: Buffer): readonly string[] =>
  secrets.filter((secret) =>
    [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('hex')].some((text) =>
      bytes.includes(text),
    ),
  );

/** What looks into the embedded engine's files. */
const itEmbedded = Site.isEmbedded ? it : it.skip;

describe('Personal data', () => {
  let site: Site;
  let program: Program;
  let http: HttpClient;
  let shop: Shop;
  let sku: string;

  beforeAll(async () => {
    site = await Site.open();
    program = await site.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs, LOG_LEVEL: 'debug' });
    http = program.http;
    shop = new Shop(http);
    sku = await shop.stocked('SEAL', 1_000);
  });

  afterAll(() => site.clean());

  const order = (customerId: string, personal: object, key: string) =>
    http.post(
      '/api/orders',
      { customerId, items: [{ sku, quantity: 1 }], ...personal },
      { 'idempotency-key': key },
    );

  /** Of the order's own query, once the view has it. */
  const seen = async (orderId: string) => {
    await shop.ended(orderId);
    const { contact, shippingAddress, personalData } = read(
      contract.orderDetails,
      await http.get(`/api/orders/${orderId}`),
      200,
    );
    return { contact, shippingAddress, personalData };
  };

  const readable = { contact, shippingAddress, personalData: 'readable' };

  it('is shown by the order itself and by nothing else', async () => {
    const reply = await order('cust-1', { contact, shippingAddress: given }, 'key-1');
    const placed = read(contract.orderDetails, reply, 201);
    expect(placed).toMatchObject(readable);
    expect(await seen(placed.orderId)).toStrictEqual(readable);
    const elsewhere = await Promise.all(
      ['/api/orders', '/api/orders?customerId=cust-1', `/api/orders/${placed.orderId}/timeline`].map((path) =>
        http.get(path),
      ),
    );
    expect(elsewhere.map(({ status }) => status)).toStrictEqual([200, 200, 200]);
    const text = JSON.stringify(elsewhere.map(({ body }) => body));
    expect(found(Buffer.from(text))).toStrictEqual([]);
    expect(text).not.toMatch(/contact|shippingAddress/);
  });

  it('may be missing', async () => {
    const { orderId } = read(contract.orderDetails, await order('cust-2', {}, 'key-2'), 201);
    expect(await seen(orderId)).toStrictEqual({ contact: null, shippingAddress: null, personalData: 'none' });
  });

  it('belongs to what makes a request the same', async () => {
    const first = await order('cust-3', { contact, shippingAddress: given }, 'key-3');
    expect((await order('cust-3', { contact, shippingAddress: given }, 'key-3')).body).toStrictEqual(
      first.body,
    );
    for (const other of [
      { contact: { ...contact, name: 'Wilhelmina' }, shippingAddress: given },
      { contact },
      {},
    ]) {
      const refused = read(contract.problem, await order('cust-3', other, 'key-3'), 422);
      expect(refused.code).toBe('IDEMPOTENCY_KEY_REUSED');
    }
  });

  it('goes with a cart to its order', async () => {
    const cartId = read(contract.cart, await http.post('/api/carts', { customerId: 'cust-4' }), 201).cartId;
    const path = `/api/carts/${cartId}`;
    await http.post(`${path}/items`, { sku, quantity: 1 });
    const key = { 'idempotency-key': 'key-4' };
    const checkOut = (body: object) => http.post(`${path}/checkout`, body, key);
    const first = await checkOut({ contact, shippingAddress: given });
    const { orderId } = read(z.object({ orderId: z.string() }), first, 201, 202);
    expect(await seen(orderId)).toStrictEqual(readable);
    expect((await checkOut({ contact, shippingAddress: given })).body).toStrictEqual(first.body);
    const other = { contact: { ...contact, name: 'Wilhelmina' }, shippingAddress: given };
    expect(read(contract.problem, await checkOut(other), 422).code).toBe('IDEMPOTENCY_KEY_REUSED');
    expect((await http.post('/api/carts/none/checkout', { contact })).status).toBe(404);
  });

  it('is not repeated by what refuses it', async () => {
    const refusals = [
      await order('cust-5', { contact: { ...contact, email: `${contact.name} is no address` } }, 'key-5'),
      await order('cust-5', { shippingAddress: { ...given, country: given.city } }, 'key-5'),
      await http.send('POST', '/api/orders', `{"contact":{"name":"${contact.name}"oops`, {
        'content-type': 'application/json',
      }),
      await http.send('POST', '/api/orders', contact.name, { 'content-type': 'application/json' }),
    ];
    expect(refusals.map(({ status }) => status)).toStrictEqual([400, 400, 400, 400]);
    expect(found(Buffer.from(JSON.stringify(refusals.map(({ body }) => body))))).toStrictEqual([]);
  });

  itEmbedded('is nowhere in the data folder or the log, before and after a stop', async () => {
    const places = () => [
      ...readdirSync(site.dataDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name))] as const),
      ['log', Buffer.from(program.output)] as const,
    ];
    const clean = () => Object.fromEntries(places().map(([name, bytes]) => [name, found(bytes)]));
    const nothing = () => Object.fromEntries(places().map(([name]) => [name, []]));
    expect(Object.keys(nothing())).toEqual(expect.arrayContaining(['store.db', 'keys.db', 'log']));
    expect(clean()).toStrictEqual(nothing());
    await program.stop();
    expect(clean()).toStrictEqual(nothing());
    await program.start();
  });

  it('is forgotten with its key, at once and everywhere', async () => {
    const { orderId } = read(
      contract.orderDetails,
      await order('cust-6', { contact, shippingAddress: given }, 'key-6'),
      201,
    );
    expect(await seen(orderId)).toStrictEqual(readable);
    const forget = async () =>
      read(contract.customerForgotten, await http.post('/api/ops/customers/cust-6/forget'), 200);
    expect(await forget()).toStrictEqual({ customerId: 'cust-6', forgotten: true });
    expect(await forget()).toStrictEqual({ customerId: 'cust-6', forgotten: false });
    expect(await seen(orderId)).toStrictEqual({
      contact: null,
      shippingAddress: null,
      personalData: 'forgotten',
    });
    const back = read(contract.orderDetails, await order('cust-6', { contact }, 'key-7'), 201);
    expect(await seen(back.orderId)).toStrictEqual({
      contact,
      shippingAddress: null,
      personalData: 'readable',
    });
  });

  it('is forgotten by the tool too, and stays so when the views are built anew', async () => {
    const reply = await order('cust-7', { contact, shippingAddress: given }, 'key-8');
    const { orderId, total } = read(contract.orderDetails, reply, 201);
    expect(await seen(orderId)).toStrictEqual(readable);
    const forget = () => cli('customers', ['forget', 'cust-7'], site.settings);
    expect(await forget()).toMatchObject({
      code: 0,
      stdout: 'What was kept of cust-7 cannot be read any more.\n',
    });
    expect(await forget()).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing of cust-7') });
    const forgotten = { contact: null, shippingAddress: null, personalData: 'forgotten' };
    expect(await seen(orderId)).toStrictEqual(forgotten);
    expect(await cli('projections', ['rebuild', 'order_status'], site.settings)).toMatchObject({ code: 0 });
    expect(await seen(orderId)).toStrictEqual(forgotten);
    // Totals and history stay.
    expect((await shop.ended(orderId)).total).toStrictEqual(total);
    expect((await shop.timeline(orderId)).length).toBeGreaterThan(3);
    expect(await cli('customers', ['forget'], site.settings)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^forget takes one customer\nnpm run customers/),
    });
  });
});
