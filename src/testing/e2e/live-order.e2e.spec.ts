import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { until, untilHolds } from '../until.js';
import { EventSource } from './event-source.js';
import { type Headers, type HttpClient, read, type Reply } from './http-client.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';

describe('Live updates of an order', () => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.open();
  });

  afterEach(() => site.clean());

  const follow = ({ http }: Program, orderId: string, headers: Headers = {}) =>
    EventSource.open(`${http.url}/api/orders/${orderId}/stream`, headers);
  const after = (reply: Reply) => ({ 'consistency-token': String(reply.headers['consistency-token']) });
  const detailsOf = async (http: HttpClient, orderId: string) =>
    read(contract.orderDetails, await http.get(`/api/orders/${orderId}`), 200);
  const order = ({ data }: { readonly data: unknown }) => contract.orderDetails.parse(data);
  const coursesOf = (sources: readonly EventSource[]) =>
    sources.map(({ events }) =>
      events.map((event) => {
        const { lifecycle, payment, fulfilment } = order(event).status;
        return `${lifecycle} ${payment} ${fulfilment}`;
      }),
    );
  /** No event comes twice, and none after a later one. */
  const expectRising = (events: EventSource['events']) => {
    const positions = events.map(({ id }) => Buffer.from(id, 'base64url').toString());
    expect(positions).toEqual([...new Set(positions)].sort());
  };
  const untilLast = (source: EventSource, status: contract.Order['status']) =>
    untilHolds(() => {
      const last = source.events.at(-1);
      expect(last && order(last).status).toEqual(status);
    });
  const shipped = { lifecycle: 'confirmed', payment: 'captured', fulfilment: 'shipped' } as const;
  const delivered = { lifecycle: 'completed', payment: 'captured', fulfilment: 'delivered' } as const;

  /** Placed and, for want of a worker, nothing else yet. */
  const placeOrder = async (shop: Shop, sku: string) => {
    const contact = { name: 'Ann', email: 'ann@shop.example' };
    const reply = await shop.send({ [sku]: 2 }, { contact });
    return { ...read(contract.orderDetails, reply, 201), reply };
  };
  const shipmentOf = (http: HttpClient, orderId: string) =>
    until(`the shipment of ${orderId}`, async () => {
      const reply = await http.get(`/api/shipments?orderId=${orderId}`);
      return read(contract.shipments, reply, 200).items[0];
    });

  it('goes from placed to shipped before the eyes of clients in another process than its projector', async () => {
    const [api, projector] = await Promise.all([
      site.start({ ROLES: 'api' }),
      site.start({ ROLES: 'projector' }),
    ]);
    await api.untilViews();
    const shop = new Shop(api.http);
    const sku = await shop.stocked('LIVE', 10);
    const { orderId, reply } = await placeOrder(shop, sku);
    const sources = [
      await follow(api, orderId, after(reply)),
      await follow(projector, orderId).catch(String),
    ];
    expect(sources[1]).toContain('answered 404');
    const source = sources[0] as EventSource;
    const second = await follow(api, orderId, after(reply));
    await untilHolds(() => {
      expect(coursesOf([source, second])).toEqual([['placed none none'], ['placed none none']]);
    });
    expect([source.status, source.headers]).toMatchObject([
      200,
      { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    ]);
    expect(source.other).toEqual([expect.stringMatching(/^retry: \d{4}$/)]);

    await site.start({ ROLES: 'process,bridge' });
    const { shipmentId } = await shipmentOf(api.http, orderId);
    await api.http.post(`/api/shipments/${shipmentId}/dispatch`, { trackingNumber: 'T-1' });
    for (const each of [source, second]) {
      await untilLast(each, shipped);
      expect(order(each.events.at(-1) ?? { data: null })).toEqual(await detailsOf(api.http, orderId));
      expectRising(each.events);
      expect(new Set(each.events.map(({ event }) => event))).toEqual(new Set(['order']));
      expect(each.events.map((event) => order(event).contact?.name)).toEqual(each.events.map(() => 'Ann'));
    }
    const [first, ...rest] = coursesOf([source])[0] ?? [];
    expect(first).toBe('placed none none');
    expect(rest).toContain('confirmed authorised reserved');
  });

  it('goes on after Last-Event-ID, in any process, also after a kill: nothing is lost', async () => {
    const [api, other] = await Promise.all([
      site.start({ ROLES: 'api' }),
      site.start({ ROLES: 'api,projector,process,bridge' }),
    ]);
    const shop = new Shop(api.http);
    const sku = await shop.stocked('RESUMED', 10);
    const { orderId, reply } = await placeOrder(shop, sku);
    await shop.ended(orderId);
    const { shipmentId } = await shipmentOf(api.http, orderId);
    const source = await follow(api, orderId, after(reply));
    await api.http.post(`/api/shipments/${shipmentId}/dispatch`, { trackingNumber: 'T-1' });
    await untilLast(source, shipped);
    await api.kill();
    await until('the end of the stream', () => (source.isOver ? true : undefined));

    const seen = { 'last-event-id': source.lastEventId ?? '' };
    const resumed = await follow(other, orderId, seen);
    await other.http.post(`/api/shipments/${shipmentId}/deliver`);
    await untilLast(resumed, delivered);
    // Where it was cut off, its timeline may have gone on without it.
    const [before] = coursesOf([source])[0]?.slice(-1) ?? [];
    const news = coursesOf([resumed])[0]?.filter((course) => course !== before);
    expect(news).toEqual(['completed captured delivered']);
    expectRising([...source.events, ...resumed.events]);
    const late = await follow(other, orderId, seen);
    await untilLast(late, delivered);
  });

  it('is refused with a problem document before it begins', async () => {
    const program = await site.start({ LIVE_STREAMS_MAX: '1', CONSISTENCY_TIMEOUT_MS: '100' });
    const shop = new Shop(program.http);
    const sku = await shop.stocked('REFUSED', 10);
    const { orderId, reply } = await placeOrder(shop, sku);
    await until('the view', async () =>
      (await program.http.get(`/api/orders/${orderId}`)).status === 200 ? true : undefined,
    );
    const path = `/api/orders/${orderId}/stream`;
    const refused = async (status: number, headers: Headers, at = path) => {
      const answer = await program.http.get(at, headers);
      return { ...read(contract.problem, answer, status), retryAfter: answer.headers['retry-after'] };
    };
    expect(await refused(404, {}, '/api/orders/none/stream')).toMatchObject({ code: 'ORDER_NOT_FOUND' });
    expect(await refused(400, { 'last-event-id': 'seven' })).toMatchObject({
      code: 'INVALID_LAST_EVENT_ID',
      errors: [{ path: 'Last-Event-ID' }],
    });
    expect(await refused(400, { 'consistency-token': '?' })).toMatchObject({
      code: 'INVALID_CONSISTENCY_TOKEN',
    });
    const future = Buffer.from('9'.repeat(20)).toString('base64url');
    expect(await refused(400, { 'consistency-token': future })).toMatchObject({
      code: 'INVALID_CONSISTENCY_TOKEN',
    });
    const head = await program.http.send('HEAD', path, undefined, after(reply));
    expect([head.status, head.headers['content-type']]).toEqual([200, 'text/event-stream']);

    const source = await follow(program, orderId, after(reply));
    expect(await refused(503, {})).toMatchObject({ code: 'TOO_MANY_STREAMS', retryAfter: '5' });
    source.close();
    const next = await until('a place', () => follow(program, orderId).catch(() => undefined));
    next.close();
    const ready = await until('all streams to be over', async () => {
      const { body } = await program.http.get('/health/ready');
      return JSON.stringify(body).includes('"streams":{"open":0,') ? body : undefined;
    });
    expect(ready).toMatchObject({ streams: { open: 0, superseded: 0, stalled: 0 } });
  });

  it('ends with the program, which does not wait for those who listen', async () => {
    const program = await site.start({ SHUTDOWN_TIMEOUT_MS: '5000', LIVE_STREAMS_MAX: '3' });
    const shop = new Shop(program.http);
    const sku = await shop.stocked('STOP', 10);
    const { orderId, reply } = await placeOrder(shop, sku);
    const sources = await Promise.all([1, 2, 3].map(() => follow(program, orderId, after(reply))));
    expect(await program.stop()).toBe(0);
    await untilHolds(() => {
      expect(sources.map(({ isOver }) => isOver)).toEqual([true, true, true]);
    });
    if (Site.isEmbedded) expect(program.output).toBe('');
  });
});
