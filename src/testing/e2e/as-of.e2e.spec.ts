import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { until } from '../until.js';
import { type HttpClient, read, type Reply } from './http-client.js';
import { Site } from './program.js';
import { Shop } from './shop.js';

const contact = { name: 'Ada Byron', email: 'ada@byron.example' };

describe('An order as of', () => {
  let site: Site;
  let http: HttpClient;
  let shop: Shop;
  let order: contract.Order;
  let path: string;
  let shipped: Reply;
  let current: Reply;
  let refundedAt: string;

  const details = (reply: Reply) => read(contract.orderDetails, reply, 200);
  const refusal = (reply: Reply, status: number) => read(contract.problem, reply, status);
  const asOf = (at: string | number) => http.get(`${path}?at=${encodeURIComponent(at)}`);
  /** The order's answer, once it is in this state. */
  const untilIs = (...[lifecycle, payment, fulfilment]: readonly [string, string, string]) =>
    until(`order to be ${lifecycle}, ${payment}, ${fulfilment}`, async () => {
      const reply = await http.get(path);
      const { status } = details(reply);
      const is =
        status.lifecycle === lifecycle && status.payment === payment && status.fulfilment === fulfilment;
      return is ? reply : undefined;
    });

  beforeAll(async () => {
    site = await Site.open();
    http = (await site.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs })).http;
    shop = new Shop(http);
    const sku = await shop.stocked('THEN', 10);
    order = await shop.place({ [sku]: 2 }, { contact });
    path = `/api/orders/${order.orderId}`;
    await shop.ended(order.orderId);
    const shipment = `/api/shipments/${order.orderId}.1`;
    await until('its shipment', async () => ((await http.get(shipment)).status === 200 ? true : undefined));
    read(contract.shipment, await http.post(`${shipment}/dispatch`, { trackingNumber: 'T-1' }), 200);
    shipped = await untilIs('confirmed', 'captured', 'shipped');
    read(contract.shipment, await http.post(`${shipment}/deliver`), 200);
    await untilIs('completed', 'captured', 'delivered');
    const amount = { amountMinor: 500, currency: 'EUR' };
    read(contract.refund, await http.post(`/api/payments/${order.paymentId ?? ''}/refunds`, { amount }), 201);
    current = await untilIs('completed', 'partially_refunded', 'delivered');
    const timeline = await shop.timeline(order.orderId);
    refundedAt = timeline.find(({ type }) => type === 'PaymentRefunded')?.at ?? '';
  });

  afterAll(() => site.clean());

  it('a revision is the order until the next one, with the ETag of that revision', async () => {
    const then = await asOf(2);
    expect(then.body).toStrictEqual(shipped.body);
    expect(then.headers.etag).toBe('"2"');
    expect(details(await asOf(0))).toStrictEqual({
      ...details(shipped),
      status: { lifecycle: 'placed', payment: 'authorised', fulfilment: 'reserved' },
      revision: 0,
    });
    const { revision } = details(current);
    expect((await asOf(revision)).body).toStrictEqual(current.body);
    const { code, detail, errors } = refusal(await asOf(revision + 1), 404);
    expect(code).toBe('ORDER_REVISION_NOT_FOUND');
    expect(detail).toBe(
      `Order ${order.orderId} has the revisions 0 to ${revision}: there is no ${revision + 1}.`,
    );
    expect(errors).toStrictEqual([{ path: 'at', message: detail }]);
  });

  it('an instant is the order with all that had happened by then', async () => {
    expect(details(await asOf(order.placedAt)).status).toStrictEqual(order.status);
    expect((await asOf(refundedAt)).body).toStrictEqual(current.body);
    const before = new Date(Date.parse(refundedAt) - 1).toISOString();
    expect(details(await asOf(before)).status.payment).toBe('captured');
    expect(details(await asOf(before.replace('Z', '+00:00')))).toStrictEqual(details(await asOf(before)));
    expect((await asOf('2999-12-31T23:59:59Z')).body).toStrictEqual(current.body);
    const tooEarly = refusal(await asOf('2000-01-01T00:00:00Z'), 404);
    expect(tooEarly.code).toBe('ORDER_NOT_FOUND_THEN');
    expect(tooEarly.detail).toBe(`Order ${order.orderId} was placed later, at ${order.placedAt}.`);
  });

  it('an instant has the timeline of then', async () => {
    const all = await shop.timeline(order.orderId);
    const then = await http.get(`${path}/timeline?at=${refundedAt}`);
    const { items } = read(contract.timeline, then, 200);
    expect(items).toStrictEqual(all.slice(0, items.length));
    expect(items.map(({ type }) => type)).toContain('PaymentRefunded');
    const first = read(contract.timeline, await http.get(`${path}/timeline?at=${order.placedAt}`), 200);
    expect(first.items[0]).toStrictEqual(all[0]);
  });

  it('a write that the view must have got to', async () => {
    const reply = await shop.send({ THEN: 1 });
    const { orderId } = read(contract.order, reply, 201);
    const token = { 'consistency-token': String(reply.headers['consistency-token']) };
    expect(details(await http.get(`/api/orders/${orderId}?at=0`, token))).toMatchObject({
      orderId,
      revision: 0,
    });
  });

  it.each(['', '-1', '1.5', 'yesterday', '2026-11-23', '2026-11-23T14:59:20', '2026-11-23T14:59:20 01:00'])(
    '%j is refused with what it may be',
    async (at) => {
      const { code, errors } = refusal(await asOf(at), 400);
      expect(code).toBe('INVALID_REQUEST');
      expect(errors).toStrictEqual([
        {
          path: 'at',
          message:
            'must be a revision such as 3, or an instant such as 2026-11-23T13:59:20.627Z or, with %2B for the +, ' +
            '2026-11-23T14:59:20%2B01:00',
        },
      ]);
    },
  );

  it('an order that there is not', async () => {
    expect(refusal(await http.get('/api/orders/none?at=0'), 404).code).toBe('ORDER_NOT_FOUND');
  });

  it('a time when the customer was not forgotten yet shows no more than today', async () => {
    expect(details(await asOf(2))).toMatchObject({ contact, personalData: 'readable' });
    const platform = await site.platform();
    expect(await platform.keys.forget(order.customerId)).toBe(true);
    await platform.close();
    expect(details(await asOf(2))).toStrictEqual({
      ...details(shipped),
      contact: null,
      personalData: 'forgotten',
    });
  });
});
