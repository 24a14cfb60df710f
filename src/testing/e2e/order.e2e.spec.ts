import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { type HttpClient, read } from './http-client.js';
import { Site } from './program.js';
import { Shop } from './shop.js';

describe('An order', () => {
  let site: Site;
  let http: HttpClient;
  let shop: Shop;

  beforeAll(async () => {
    site = await Site.open();
    http = (await site.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs })).http;
    shop = new Shop(http);
  });

  afterAll(() => site.clean());

  it('flows from command to view: confirmed, paid for, stock reserved, every step with its cause', async () => {
    const sku = await shop.stocked('FLOW', 10);
    const reply = await shop.send({ [sku]: 2 });
    const placed = read(contract.order, reply, 201);
    expect(reply.headers.location).toBe(`/api/orders/${placed.orderId}`);
    expect(reply.headers.etag).toBe('"0"');
    expect(placed).toMatchObject({
      customerId: 'cust-123',
      total: { amountMinor: 3998, currency: 'EUR' },
      status: { lifecycle: 'placed', payment: 'none', fulfilment: 'none' },
      reason: null,
    });

    const order = await shop.ended(placed.orderId);
    expect(order.status).toEqual({ lifecycle: 'confirmed', payment: 'authorised', fulfilment: 'reserved' });
    expect(order.lines).toEqual([
      {
        sku,
        name: 'Item FLOW',
        quantity: 2,
        unitPrice: { amountMinor: 1999, currency: 'EUR' },
        lineTotal: { amountMinor: 3998, currency: 'EUR' },
      },
    ]);
    await shop.untilStock(sku, 10, 2);
    await shop.untilPayment(order.paymentId, 'authorised');

    const events = await shop.timeline(order.orderId);
    const chain = ['StockReserved', 'PaymentRequested', 'PaymentAuthorised', 'OrderConfirmed'];
    expect(events.map(({ type }) => type).filter((type) => chain.includes(type))).toEqual(chain);
    // Only the order itself was caused from outside.
    expect(events.filter(({ causedBy }) => causedBy === null).map(({ type }) => type)).toEqual([
      'OrderPlaced',
    ]);
    for (const event of events) {
      expect(event.causedBy?.eventId ?? event.causationId).toBe(event.causationId);
    }
  });

  it('for more than there is ends OUT_OF_STOCK, with all stock back', async () => {
    await shop.stocked('PLENTY', 10);
    await shop.stocked('SCARCE', 3);
    const { orderId } = await shop.place({ PLENTY: 2, SCARCE: 4 });
    const order = await shop.ended(orderId);
    expect(order.status).toEqual({ lifecycle: 'rejected', payment: 'none', fulfilment: 'none' });
    expect(order.reason?.code).toBe('OUT_OF_STOCK');
    await shop.untilStock('PLENTY', 10, 0);
    await shop.untilStock('SCARCE', 3, 0);
  });

  it.each(['tok_decline_insufficient_funds', 'tok_decline_expired_card'])(
    'paid with %s ends PAYMENT_DECLINED, with stock back',
    async (paymentMethod) => {
      const sku = await shop.stocked(`SKU-${paymentMethod}`, 10);
      const { orderId } = await shop.place({ [sku]: 2 }, { paymentMethod });
      const order = await shop.ended(orderId);
      expect(order.status).toEqual({ lifecycle: 'rejected', payment: 'declined', fulfilment: 'none' });
      expect(order.reason?.code).toBe('PAYMENT_DECLINED');
      await shop.untilStock(sku, 10, 0);
    },
  );

  it('whose approval arrives twice is paid once', async () => {
    const sku = await shop.stocked('TWICE', 10);
    const { orderId } = await shop.place({ [sku]: 1 }, { paymentMethod: 'tok_twice' });
    expect((await shop.ended(orderId)).status.lifecycle).toBe('confirmed');
    const types = (await shop.timeline(orderId)).map(({ type }) => type);
    expect(types.filter((type) => type === 'PaymentAuthorised')).toHaveLength(1);
  });

  it('of nothing to pay needs no payment', async () => {
    const sku = await shop.stocked('GIFT', 10, 0);
    const { orderId } = await shop.place({ [sku]: 3 });
    const order = await shop.ended(orderId);
    expect(order.status).toEqual({ lifecycle: 'confirmed', payment: 'none', fulfilment: 'reserved' });
    expect(order.paymentId).toBeNull();
  });

  it('is placed once however often it is sent; its key serves no other order', async () => {
    const sku = await shop.stocked('ONCE', 10);
    const replies = await Promise.all([1, 2, 3, 4].map(() => shop.send({ [sku]: 1 }, {}, 'key-once')));
    const again = await shop.send({ [sku]: 1 }, {}, 'key-once');
    const ids = [...replies, again].map((reply) => read(contract.order, reply, 201).orderId);
    expect(new Set(ids).size).toBe(1);
    await shop.ended(ids[0] ?? '');
    await shop.untilStock(sku, 10, 1);

    const other = await shop.send({ [sku]: 2 }, {}, 'key-once');
    expect(read(contract.problem, other, 422).code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('is priced from the products, and refused when one is not for sale', async () => {
    expect(read(contract.problem, await shop.send({ NOWHERE: 1 }), 422).code).toBe('UNKNOWN_SKU');
    await http.post('/api/products', {
      sku: 'DRAFT',
      name: 'Draft',
      price: { amountMinor: 1, currency: 'EUR' },
    });
    expect(read(contract.problem, await shop.send({ DRAFT: 1 }), 422).code).toBe('PRODUCT_NOT_PUBLISHED');
    const sku = await shop.stocked('GONE', 1);
    read(contract.product, await http.post(`/api/products/${sku}/discontinue`), 200);
    const refused = read(contract.problem, await shop.send({ [sku]: 1 }), 422);
    expect(refused.code).toBe('PRODUCT_DISCONTINUED');
    expect(refused.errors[0]?.path).toBe('items[0].sku');
  });

  it('can be cancelled: stock and money come back', async () => {
    const sku = await shop.stocked('CANCEL', 10);
    const { orderId, paymentId } = await shop.place({ [sku]: 4 });
    await shop.ended(orderId);
    const cancelled = await http.post(`/api/orders/${orderId}/cancel`, {}, { 'idempotency-key': 'cancel-1' });
    expect(cancelled.status).toBeLessThan(300);

    await shop.untilStock(sku, 10, 0);
    await shop.untilPayment(paymentId, 'voided');
    const order = await shop.ended(orderId);
    expect(order.status).toEqual({ lifecycle: 'cancelled', payment: 'voided', fulfilment: 'none' });

    const again = await http.post(`/api/orders/${orderId}/cancel`, {}, { 'idempotency-key': 'cancel-1' });
    expect(again.status).toBe(cancelled.status);
    expect(read(contract.problem, await http.post('/api/orders/none/cancel', {}), 404).code).toBe(
      'ORDER_NOT_FOUND',
    );
  });

  it('can come from a cart, which is checked out once', async () => {
    const sku = await shop.stocked('CART', 10);
    const opened = await http.post('/api/carts', { customerId: 'cust-7' });
    const { cartId } = read(z.object({ cartId: z.string() }), opened, 201);
    expect(opened.headers.location).toBe(`/api/carts/${cartId}`);
    const path = `/api/carts/${cartId}`;
    expect((await http.post(`${path}/items`, { sku, quantity: 1 })).status).toBeLessThan(300);
    const changed = await http.patch(`${path}/items/${sku}`, { quantity: 3 });
    expect(changed.status).toBe(200);

    const token = String(changed.headers['consistency-token']);
    const cart = await http.get(path, { 'consistency-token': token });
    expect(cart.body).toMatchObject({ cartId, total: { amountMinor: 5997, currency: 'EUR' } });

    const checkedOut = await http.post(`${path}/checkout`, {}, { 'idempotency-key': 'checkout-1' });
    const { orderId } = read(z.object({ orderId: z.string() }), checkedOut, 200, 201, 202);
    const order = await shop.ended(orderId);
    expect(order).toMatchObject({ customerId: 'cust-7', total: { amountMinor: 5997, currency: 'EUR' } });
    expect(order.status.lifecycle).toBe('confirmed');

    const again = await http.post(`${path}/checkout`, {}, { 'idempotency-key': 'checkout-1' });
    expect(again.body).toMatchObject({ orderId });
    const closed = await http.post(`${path}/items`, { sku, quantity: 1 });
    expect(read(contract.problem, closed, 409).code).toBe('CART_CLOSED');
    await shop.untilStock(sku, 10, 3);
  });

  it('is found among those of its customer, newest first', async () => {
    const sku = await shop.stocked('LIST', 10);
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { orderId } = await shop.place({ [sku]: 1 }, { customerId: 'cust-list' });
      await shop.ended(orderId);
      ids.unshift(orderId);
    }
    const first = read(contract.orders, await http.get('/api/orders?customerId=cust-list&limit=2'), 200);
    const cursor = encodeURIComponent(first.nextCursor ?? '');
    const second = read(
      contract.orders,
      await http.get(`/api/orders?customerId=cust-list&limit=2&cursor=${cursor}`),
      200,
    );
    expect([...first.items, ...second.items].map(({ orderId }) => orderId)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
  });

  it('and everything else can be read as soon as it was written', async () => {
    const sku = await shop.stocked('FRESH', 10);
    for (let amountMinor = 100; amountMinor < 120; amountMinor += 1) {
      const price = { amountMinor, currency: 'EUR' };
      const changed = await http.put(`/api/products/${sku}/price`, { price });
      const token = String(changed.headers['consistency-token']);
      const entry = await http.get(`/api/catalog/${sku}`, { 'consistency-token': token });
      expect(read(contract.product, entry, 200).price).toEqual(price);
    }
    const reply = await shop.send({ [sku]: 1 });
    const token = String(reply.headers['consistency-token']);
    const { orderId } = read(contract.order, reply, 201);
    read(contract.order, await http.get(`/api/orders/${orderId}`, { 'consistency-token': token }), 200);
  });

  it('and everything else changes only at the revision that was seen', async () => {
    const sku = await shop.stocked('TAGGED', 10);
    const price = { amountMinor: 5, currency: 'EUR' };
    const stale = await http.put(`/api/products/${sku}/price`, { price }, { 'if-match': '"0"' });
    expect(read(contract.problem, stale, 412).code).toBe('REVISION_MISMATCH');

    const changed = await http.put(`/api/products/${sku}/price`, { price }, { 'if-match': '"1"' });
    expect(changed.status).toBe(200);
    expect(changed.headers.etag).toBe('"2"');
    const token = String(changed.headers['consistency-token']);
    const entry = await http.get(`/api/catalog/${sku}`, { 'consistency-token': token });
    expect(entry.headers.etag).toBe('"2"');
  });
});

describe('A view that never started', () => {
  it('has not got to what was just written', async () => {
    const site = await Site.open();
    try {
      const { http } = await site.start({ ROLES: 'api', CONSISTENCY_TIMEOUT_MS: '100' });
      const price = { amountMinor: 5, currency: 'EUR' };
      const added = await http.post('/api/products', { sku: 'EARLY', name: 'Early', price });
      const token = String(added.headers['consistency-token']);
      const entry = await http.get('/api/catalog/EARLY', { 'consistency-token': token });
      read(contract.problem, entry, 503);
      expect(Number(entry.headers['retry-after'])).toBeGreaterThan(0);
    } finally {
      await site.clean();
    }
  });
});
