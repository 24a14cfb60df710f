import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { type CollectedSpan, otlpCollector, type OtlpCollector } from '../otlp-collector.js';
import { until } from '../until.js';
import { type HttpClient, read } from './http-client.js';
import { freePort, type Program, Site } from './program.js';
import { Shop } from './shop.js';

const contact = { name: 'Wilhelmina Quarterstone', email: 'wilhelmina@quarterstone.example' };
const shippingAddress = {
  line1: '17 Periwinkle Crescent',
  postalCode: 'QX9 7ZZ',
  city: 'Nether Wallopstead',
  country: 'GB',
};
const personal = [...Object.values(contact), ...Object.values(shippingAddress).slice(0, 3), 'tok_approve'];

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const headers = { traceparent: `00-${traceId}-${parentId}-01`, tracestate: 'vendor=of-the-shop' };

describe('The trace of an order', () => {
  let site: Site;
  let collector: OtlpCollector;

  beforeEach(async () => {
    [site, collector] = await Promise.all([Site.open(), otlpCollector()]);
  });
  afterEach(async () => {
    await site.clean();
    await collector.close();
  });

  const settings = () => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret',
    OTEL_SERVICE_NAME: 'orders-under-test',
    SIMULATED_CARRIER: 'true',
    SIMULATED_CARRIER_PAUSE_MS: '20',
    LOG_LEVEL: 'debug',
  });

  const delivered = async (http: HttpClient, shop: Shop, notifications = http): Promise<string> => {
    await shop.stocked('CHAIN', 10);
    const body = {
      ...{ customerId: 'cust-1', items: [{ sku: 'CHAIN', quantity: 1 }] },
      ...{ contact, shippingAddress, paymentMethod: 'tok_approve' },
    };
    const reply = await http.post('/api/orders', body, headers);
    const { orderId } = read(contract.order, reply, 201);
    await until('four notifications', async () => {
      const found = await notifications.get(`/api/notifications?orderId=${orderId}`);
      const items = found.status === 200 ? read(contract.notifications, found, 200).items : [];
      return items.length === 4 || undefined;
    });
    return orderId;
  };

  /** Of the order, once every program has ended and sent what it had. */
  const collected = async (...programs: readonly Program[]): Promise<readonly CollectedSpan[]> => {
    for (const program of programs) expect(await program.stop()).toBe(0);
    return collector.spans.filter((span) => span.traceId === traceId);
  };

  const expectConnected = (spans: readonly CollectedSpan[]): void => {
    const known = new Set([parentId, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter((span) => !known.has(span.parentId))).toEqual([]);
    const roots = spans.filter((span) => span.parentId === parentId);
    expect(roots).toMatchObject([
      {
        ...{ name: 'POST /api/orders', kind: 'SERVER', traceState: 'vendor=of-the-shop' },
        attributes: {
          ...{ 'http.request.method': 'POST', 'http.route': '/api/orders' },
          'http.response.status_code': 201,
        },
      },
    ]);
  };

  /** What the span follows from, from the request on. */
  const wayTo = (spans: readonly CollectedSpan[], last: CollectedSpan): readonly string[] => {
    const parent = spans.find(({ spanId }) => spanId === last.parentId);
    return [...(parent === undefined ? [] : wayTo(spans, parent)), last.name];
  };

  const expectWholeWay = (spans: readonly CollectedSpan[]): void => {
    const mails = spans.filter(({ name }) => name === 'send mail');
    const ways = mails.map((mail) => wayTo(spans, mail));
    const placing = ['POST /api/orders', 'PlaceOrder', 'append order'];
    const telling = ['send commerce.order.events', 'process commerce.order.events', 'send mail'];
    const planned = [...placing, ...['react fulfilment', 'ChangeFulfilment.start', 'append fulfilment']];
    expect(ways).toHaveLength(4);
    expect(ways).toContainEqual([...placing, ...telling]);
    for (const way of ways) expect(way.slice(0, 3)).toEqual(placing);
    const longest = ways.toSorted((a, b) => b.length - a.length)[0] ?? [];
    expect(longest.slice(0, planned.length)).toEqual(planned);
    expect(longest.slice(-telling.length)).toEqual(telling);
    // Not all on the way to a mail: which of two events comes first decides by which one a mail follows.
    const passed = spans.map(({ name }) => name);
    for (const name of [
      'react payment.gateway',
      'authorise payment',
      'react order.fulfilment',
      'ship parcel',
      'append shipment',
    ]) {
      expect(passed).toContain(name);
    }
  };

  it('is one from the request to the last mail, and nowhere holds personal data', async () => {
    const program = await site.start(settings());
    const orderId = await delivered(program.http, new Shop(program.http));
    const spans = await collected(program);
    expectConnected(spans);
    expectWholeWay(spans);
    expect(new Set(collector.requests.map((request) => JSON.stringify(request)))).toEqual(
      new Set([JSON.stringify({ path: '/v1/traces', authorization: 'Bearer secret' })]),
    );
    expect(spans[0]?.resource).toMatchObject({
      'service.name': 'orders-under-test',
      'service.version': '0.1.0',
      'commerce.roles': ['api', 'process', 'projector', 'bridge'],
    });
    const received = collector.received();
    expect(received.includes(orderId)).toBe(true);
    expect(personal.filter((text) => received.includes(text))).toEqual([]);
    // Names have no ids, so that there are few of them.
    expect(collector.spans.filter(({ name }) => name.includes(orderId))).toEqual([]);
  });

  it('is one across processes', async () => {
    const programs = await Promise.all([
      site.start({ ...settings(), ROLES: 'api,projector' }),
      site.start({ ...settings(), ROLES: 'process', SERVICES: 'order,inventory,payment' }),
      site.start({ ...settings(), ROLES: 'process', SERVICES: 'shipping,notification' }),
      site.start({ ...settings(), ROLES: 'bridge' }),
    ]);
    const [{ http }] = programs;
    await delivered(http, new Shop(http));
    const spans = await collected(...programs);
    expectConnected(spans);
    expectWholeWay(spans);
    expect(new Set(spans.map(({ resource }) => resource['service.instance.id'])).size).toBe(4);
  });

  it('costs nothing but a warning while the collector is away', async () => {
    const port = await freePort();
    const program = await site.start({
      ...settings(),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      SHUTDOWN_TIMEOUT_MS: '4000',
    });
    await delivered(program.http, new Shop(program.http));
    expect(await program.stop()).toBe(0);
    const lines = program.output.split('\n').filter((line) => line.includes('Spans are lost'));
    expect(lines.length).toBeGreaterThan(0);
  });

  it('passes through a program that records none', async () => {
    const program = await site.start({ ...settings(), OTEL_EXPORTER_OTLP_ENDPOINT: '' });
    await delivered(program.http, new Shop(program.http));
    const lines = program.output.split('\n').filter((line) => line.includes('"POST","route":"/api/orders"'));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ traceId, status: 201 }]);
  });
});
