import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { until } from '../until.js';
import { type HttpClient, read, type Reply } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';

describe('A confirmed order', () => {
  let site: Site;
  let program: Program;
  let http: HttpClient;
  let shop: Shop;

  beforeAll(async () => {
    site = await Site.open();
    program = await site.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs });
    http = program.http;
    shop = new Shop(http);
  });

  afterAll(() => site.clean());

  /** With what the write has led to, if one is given. */
  const shipments = async (orderId: string, write?: Reply) => {
    const token = write && { 'consistency-token': String(write.headers['consistency-token']) };
    return read(contract.shipments, await http.get(`/api/shipments?orderId=${orderId}`, token), 200);
  };
  const planned = async (quantities: Readonly<Record<string, number>>) => {
    const order = await shop.place(quantities);
    await shop.ended(order.orderId);
    const { items } = await until(`shipments of ${order.orderId}`, async () => {
      const found = await shipments(order.orderId);
      return found.items.length > 0 ? found : undefined;
    });
    return { ...order, items, path: `/api/shipments/${order.orderId}` };
  };
  const shipment = (reply: Reply, ...status: readonly number[]) => read(contract.shipment, reply, ...status);
  const refused = (reply: Reply, status: number) => read(contract.problem, reply, status).code;
  const untilStatus = (orderId: string, ...status: readonly [lifecycle: string, fulfilment: string]) =>
    until(`order ${orderId} to be ${status.join(', ')}`, async () => {
      const order = await shop.find(orderId);
      return order?.status.lifecycle === status[0] && order.status.fulfilment === status[1]
        ? order
        : undefined;
    });
  const dispatch = { trackingNumber: 'T-1' };

  it('is shipped in parts, paid for with the first, and delivered', async () => {
    const sku = await shop.stocked('PARTS', 10);
    const { orderId, paymentId, items, path } = await planned({ [sku]: 3 });
    const first = { shipmentId: `${orderId}.1`, orderId, trackingNumber: null, reason: null };
    expect(items).toEqual([{ ...first, status: 'pending', lines: [{ sku, quantity: 3 }], revision: 1 }]);

    const lines = [{ sku, quantity: 1 }];
    const headers = { 'idempotency-key': 'split', 'if-match': '"1"' };
    const split = await http.post(`${path}.1/split`, { lines }, headers);
    expect(split.headers.location).toBe(`${path}.2`);
    expect(split.headers.etag).toBe('"2"');
    const second = { ...first, shipmentId: `${orderId}.2` };
    expect(shipment(split, 201)).toEqual({ ...second, status: 'pending', lines, revision: 2 });
    expect((await http.post(`${path}.1/split`, { lines }, headers)).body).toEqual(split.body);
    const stale = await http.post(`${path}.1/dispatch`, dispatch, { 'if-match': '"1"' });
    expect(refused(stale, 412)).toBe('REVISION_MISMATCH');
    expect(refused(await http.post(`${path}.1/deliver`), 409)).toBe('SHIPMENT_NOT_DISPATCHED');

    const dispatched = await http.post(`${path}.1/dispatch`, dispatch);
    const gone = { ...first, ...dispatch, status: 'dispatched', lines: [{ sku, quantity: 2 }], revision: 3 };
    expect(shipment(dispatched, 200)).toEqual(gone);
    const token = { 'consistency-token': String(dispatched.headers['consistency-token']) };
    expect(shipment(await http.get(`${path}.1`, token), 200)).toEqual(gone);
    await untilStatus(orderId, 'confirmed', 'partially_shipped');
    await shop.untilStock(sku, 8, 1);
    await shop.untilPayment(paymentId, 'captured');
    expect(refused(await http.post(`/api/orders/${orderId}/cancel`, {}), 409)).toBe('ORDER_NOT_CANCELLABLE');
    expect(refused(await http.post(`${path}.1/dispatch`, { trackingNumber: 'T-2' }), 409)).toBe(
      'SHIPMENT_DISPATCHED',
    );

    const failed = await http.post(`${path}.2/fail`, { reason: 'Dropped' });
    expect(shipment(failed, 200).status).toBe('failed');
    expect((await shipments(orderId, failed)).leftOver).toEqual(lines);
    const again = await http.post('/api/shipments', { orderId, lines });
    expect(again.headers.location).toBe(`${path}.3`);
    expect(refused(await http.post('/api/shipments', { orderId, lines }), 409)).toBe(
      'SHIPMENT_EXCEEDS_LEFT_OVER',
    );
    for (const n of [3, 1]) {
      if (n === 3) shipment(await http.post(`${path}.3/dispatch`, dispatch), 200);
      shipment(await http.post(`${path}.${n}/deliver`), 200);
    }
    const delivered = await untilStatus(orderId, 'completed', 'delivered');
    expect(delivered.status.payment).toBe('captured');
    await shop.untilStock(sku, 7, 0);

    const steps = (await shop.timeline(orderId)).filter(({ actor }) => actor !== 'api');
    // What people did not do has its cause in the timeline.
    expect(steps.filter(({ causedBy }) => causedBy === null)).toEqual([]);
    const count = (type: string) => steps.filter((step) => step.type === type).length;
    expect(['StockCommitted', 'OrderShipped', 'PaymentCaptured', 'OrderDelivered'].map(count)).toEqual([
      2, 2, 1, 1,
    ]);
  });

  it('is cancelled while nothing has been dispatched, and nothing is afterwards', async () => {
    const sku = await shop.stocked('STOPPED', 10);
    const { orderId, paymentId, path } = await planned({ [sku]: 4 });
    expect((await http.post(`/api/orders/${orderId}/cancel`, {})).status).toBe(202);
    await untilStatus(orderId, 'cancelled', 'none');
    await shop.untilStock(sku, 10, 0);
    await shop.untilPayment(paymentId, 'voided');
    expect(refused(await http.post(`${path}.1/dispatch`, dispatch), 409)).toBe('SHIPPING_STOPPED');
    expect((await shipments(orderId)).items.map(({ status }) => status)).toEqual(['stopped']);
  });

  it('is either cancelled or sent, when both are tried at once', async () => {
    const sku = await shop.stocked('RACE', 100);
    const orders = await Promise.all(Array.from({ length: 20 }, () => planned({ [sku]: 1 })));
    const sent = await Promise.all(
      orders.map(async ({ orderId, path }) => {
        const cancelling = http.post(`/api/orders/${orderId}/cancel`, {});
        const dispatching = await http.post(`${path}.1/dispatch`, dispatch);
        await cancelling;
        return dispatching.status === 200;
      }),
    );
    for (const [index, { orderId, paymentId }] of orders.entries()) {
      if (sent[index] === true) {
        await untilStatus(orderId, 'confirmed', 'shipped');
        await shop.untilPayment(paymentId, 'captured');
      } else {
        await untilStatus(orderId, 'cancelled', 'none');
        await shop.untilPayment(paymentId, 'voided');
      }
    }
    await shop.untilStock(sku, 100 - sent.filter(Boolean).length, 0);
  });

  it('that is lost on its way says so, and can be refunded', async () => {
    const sku = await shop.stocked('LOST', 10);
    const { orderId, paymentId, path, total } = await planned({ [sku]: 1 });
    shipment(await http.post(`${path}.1/dispatch`, dispatch), 200);
    expect(shipment(await http.post(`${path}.1/fail`, { reason: 'Sunk' }), 200)).toMatchObject({
      status: 'lost',
      reason: 'Sunk',
    });
    await untilStatus(orderId, 'confirmed', 'delivery_failed');
    await shop.untilPayment(paymentId, 'captured');
    const refund = await http.post(`/api/payments/${paymentId ?? ''}/refunds`, { amount: total });
    read(contract.refund, refund, 201);
    await shop.untilPayment(paymentId, 'refunded');
    await shop.untilStock(sku, 9, 0);
  });

  it('is collected and delivered by the carrier, which is asked again after a crash', async () => {
    const sku = await shop.stocked('CARRIED', 10);
    await program.stop();
    program = await site.start({ SIMULATED_CARRIER: 'true', SIMULATED_CARRIER_PAUSE_MS: '300' });
    http = program.http;
    shop = new Shop(http);
    const orders = await Promise.all([1, 2, 3].map((quantity) => planned({ [sku]: quantity })));
    const [first] = orders;
    await until('the first collection', async () =>
      (await shipments(first?.orderId ?? '')).items.some(({ status }) => status !== 'pending')
        ? true
        : undefined,
    );
    await program.kill();
    await program.start();
    for (const { orderId, path } of orders) {
      await untilStatus(orderId, 'completed', 'delivered');
      const types = (await shop.timeline(orderId)).map(({ type }) => type);
      expect(types.filter((type) => type === 'ShipmentDispatched')).toHaveLength(1);
      expect(shipment(await http.get(`${path}.1`), 200).trackingNumber).toMatch(/^SIM-[0-9A-F]{12}$/);
    }
    await shop.untilStock(sku, 4, 0);
  });
});
