import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as contract from '../../http/contract.js';
import { derivedId } from '../../execution/derived-id.js';
import { TestIssuer, type TokenOptions } from '../issuer.js';
import { until } from '../until.js';
import { cli } from './cli.js';
import { type Settings } from './engines.js';
import { EventSource } from './event-source.js';
import { type Headers, type HttpClient, read, type Reply } from './http-client.js';
import { freePort, type Program, Site } from './program.js';
import { Shop } from './shop.js';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const apiDocument = z.object({
  paths: z.record(
    z.string(),
    z.partialRecord(
      z.enum(methods),
      z.object({
        'x-allows': z.array(z.enum(['everybody', 'owner', 'customer', 'service', 'operator'])),
        security: z.array(z.unknown()).optional(),
        responses: z.record(z.string(), z.unknown()),
      }),
    ),
  ),
});

const callers = ['anonymous', 'other', 'own', 'service', 'operator'] as const;
type CallerName = (typeof callers)[number];

interface Row {
  /** Where it differs from the route: `:order` and the like stand for what belongs to the customer of `own`. */
  readonly path?: string;
  readonly body?: object;
  /** The answer to whoever may; `other` where another customer is answered otherwise than 403. */
  readonly answer: number | readonly number[];
  readonly other?: number;
}

/** One row a route: a route that is added is missing here. */
const rows: Readonly<Record<string, Row>> = {
  'GET /health/live': { answer: 200 },
  'GET /health/ready': { answer: 200 },
  'POST /api/products': {
    body: { sku: 'SKU-1', name: 'Item SKU-1', price: { amountMinor: 1999, currency: 'EUR' } },
    answer: 201,
  },
  'PUT /api/products/{sku}/price': {
    path: '/api/products/SKU-2/price',
    body: { price: { amountMinor: 5, currency: 'EUR' } },
    answer: 200,
  },
  'PATCH /api/products/{sku}': { path: '/api/products/SKU-2', body: { name: 'Mug' }, answer: 200 },
  'POST /api/products/{sku}/publish': { path: '/api/products/SKU-2/publish', answer: 200 },
  'POST /api/products/{sku}/unpublish': { path: '/api/products/SKU-2/unpublish', answer: 200 },
  'POST /api/products/{sku}/discontinue': { path: '/api/products/SKU-3/discontinue', answer: 200 },
  'GET /api/catalog': { answer: 200, other: 200 },
  'GET /api/catalog/{sku}': { path: '/api/catalog/SKU-1', answer: 200, other: 200 },
  'POST /api/inventory/{sku}/receipts': {
    path: '/api/inventory/SKU-1/receipts',
    body: { quantity: 1 },
    answer: 201,
  },
  'POST /api/inventory/{sku}/adjustments': {
    path: '/api/inventory/SKU-1/adjustments',
    body: { delta: 1, reason: 'counted' },
    answer: 201,
  },
  'GET /api/inventory/{sku}': { path: '/api/inventory/SKU-1', answer: 200 },
  'POST /api/carts': { body: { customerId: 'ann' }, answer: 201 },
  'POST /api/carts/{cartId}/items': {
    path: '/api/carts/:cart/items',
    body: { sku: 'SKU-1', quantity: 1 },
    answer: 201,
    other: 404,
  },
  'PATCH /api/carts/{cartId}/items/{sku}': {
    path: '/api/carts/:cart/items/SKU-1',
    body: { quantity: 2 },
    answer: 200,
    other: 404,
  },
  'DELETE /api/carts/{cartId}/items/{sku}': {
    path: '/api/carts/:cart/items/SKU-9',
    answer: 200,
    other: 404,
  },
  'POST /api/carts/{cartId}/checkout': {
    path: '/api/carts/:fullCart/checkout',
    answer: [201, 202],
    other: 404,
  },
  'GET /api/carts/{cartId}': { path: '/api/carts/:cart', answer: 200, other: 404 },
  'POST /api/orders': {
    body: { customerId: 'ann', items: [{ sku: 'SKU-1', quantity: 1 }] },
    answer: 201,
  },
  'POST /api/orders/{orderId}/cancel': { path: '/api/orders/:unwanted/cancel', answer: 202, other: 404 },
  'GET /api/orders': { path: '/api/orders?customerId=ann', answer: 200 },
  'GET /api/orders/{orderId}': { path: '/api/orders/:order', answer: 200, other: 404 },
  'GET /api/orders/{orderId}/stream': { path: '/api/orders/:order/stream', answer: 200, other: 404 },
  'GET /api/orders/{orderId}/timeline': { path: '/api/orders/:order/timeline', answer: 200, other: 404 },
  'GET /api/kpis': { answer: 200 },
  'GET /api/payments/{paymentId}': { path: '/api/payments/pay-:order', answer: 200, other: 404 },
  'POST /api/payments/{paymentId}/refunds': {
    path: '/api/payments/pay-:order/refunds',
    body: { amount: { amountMinor: 1, currency: 'EUR' } },
    answer: 409,
  },
  'POST /api/shipments': {
    body: { orderId: 'none', lines: [{ sku: 'SKU-1', quantity: 1 }] },
    answer: 404,
  },
  'POST /api/shipments/{shipmentId}/split': {
    path: '/api/shipments/none.1/split',
    body: { lines: [{ sku: 'SKU-1', quantity: 1 }] },
    answer: 404,
  },
  'POST /api/shipments/{shipmentId}/dispatch': {
    path: '/api/shipments/none.1/dispatch',
    body: { trackingNumber: 'T' },
    answer: 404,
  },
  'POST /api/shipments/{shipmentId}/deliver': { path: '/api/shipments/none.1/deliver', answer: 404 },
  'POST /api/shipments/{shipmentId}/fail': {
    path: '/api/shipments/none.1/fail',
    body: { reason: 'lost' },
    answer: 404,
  },
  'GET /api/shipments': { path: '/api/shipments?orderId=:order', answer: 200, other: 200 },
  'GET /api/shipments/{shipmentId}': { path: '/api/shipments/:order.1', answer: 200, other: 404 },
  'GET /api/notifications': { path: '/api/notifications?orderId=:order', answer: 200 },
  'POST /api/notifications/{notificationId}/resend': {
    path: '/api/notifications/none/resend',
    answer: 404,
  },
  'GET /api/ops/dlq': { answer: 200 },
  'GET /api/ops/dlq/messages': { answer: 200 },
  'GET /api/ops/dlq/messages/{id}': { path: '/api/ops/dlq/messages/0123456789abcdef', answer: 404 },
  'POST /api/ops/dlq/redrive': { body: { all: true }, answer: 200 },
  'POST /api/ops/dlq/discard': { body: { all: true }, answer: 200 },
  'GET /api/ops/projections': { answer: 200 },
  'GET /api/ops/projections/stream': { answer: 200 },
  'GET /api/ops/projections/{name}': { path: '/api/ops/projections/cart', answer: 200 },
  ...Object.fromEntries(
    ['rebuild', 'switch', 'resume', 'cancel', 'rollback', 'prune'].map((verb) => [
      `POST /api/ops/projections/{name}/${verb}`,
      { path: `/api/ops/projections/none/${verb}`, answer: 404 },
    ]),
  ),
  'POST /api/ops/customers/{customerId}/forget': {
    path: '/api/ops/customers/nobody/forget',
    answer: 200,
  },
};

/** `docs/api.md`, Who may: route → what it says of customers, services and operators. */
const documented = (): Readonly<Record<string, readonly string[]>> => {
  const [, section = ''] = readFileSync('docs/api.md', 'utf8').split('### Who may use which route\n');
  const cells = [
    ...(section.split('\n### ')[0] ?? '').matchAll(/^\| `(\S+ \S+?)` +\| (\S*) +\| (\S*) +\| (\S*) +\|$/gm),
  ];
  return Object.fromEntries(cells.map(([, route = '', ...grants]) => [route, grants]));
};

describe('Access control', () => {
  let site: Site;
  let issuer: TestIssuer;
  let program: Program;
  let clients: Readonly<Record<CallerName, HttpClient>>;
  let routes: readonly { name: string; allows: readonly string[]; guarded: boolean }[];
  let things: Readonly<Record<string, string>>;

  const bearing = async (
    role: string | undefined,
    subject: string,
    options: TokenOptions = {},
  ): Promise<HttpClient> =>
    program.http.bearing(
      await issuer.token(role === undefined ? {} : { realm_access: { roles: [role] } }, {
        subject,
        ...options,
      }),
    );

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    site = await Site.open();
    program = await site.program({
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: issuer.audience,
      OIDC_ROLES_CLAIM: 'realm_access.roles',
      RATE_LIMIT_PER_SECOND: '0',
      RATE_LIMIT_REFUSED_PER_SECOND: '0',
      CONSISTENCY_TIMEOUT_MS: Site.patienceMs,
    });
    clients = {
      anonymous: program.http,
      other: await bearing('customer', 'bob'),
      own: await bearing('customer', 'ann'),
      service: await bearing('service', 'warehouse'),
      operator: await bearing('operator', 'olga'),
    };
    await program.start(clients.operator);
    const { paths } = read(apiDocument, await program.http.get('/docs/openapi.json'), 200);
    routes = Object.entries(paths).flatMap(([path, operations]) =>
      methods.flatMap((method) => {
        const operation = operations[method];
        if (operation === undefined) return [];
        const { 'x-allows': allows, security, responses } = operation;
        const guarded = security !== undefined && '401' in responses && '403' in responses;
        return [{ name: `${method.toUpperCase()} ${path}`, allows, guarded }];
      }),
    );
    things = await fixtures();
  });

  afterAll(async () => {
    for (const client of Object.values(clients)) client.close();
    await site.clean();
    await issuer.stop();
  });

  const fixtures = async (): Promise<Readonly<Record<string, string>>> => {
    const { own, service } = clients;
    const shop = new Shop(own, service, service);
    await shop.stocked('SKU-1', 100);
    const price = { amountMinor: 5, currency: 'EUR' };
    for (const sku of ['SKU-2', 'SKU-3']) {
      read(contract.product, await service.post('/api/products', { sku, name: 'Mug', price }), 201);
    }
    const order = await shop.place({ 'SKU-1': 1 }, { customerId: 'ann' });
    const unwanted = await shop.place({ 'SKU-1': 1 }, { customerId: 'ann' });
    const cart = read(contract.cart, await own.post('/api/carts', { customerId: 'ann' }), 201);
    const fullCart = read(contract.cart, await own.post('/api/carts', { customerId: 'ann' }), 201);
    for (const { cartId } of [cart, fullCart]) {
      const item = { sku: 'SKU-1', quantity: 1 };
      read(contract.cart, await own.post(`/api/carts/${cartId}/items`, item), 201);
    }
    await until('a shipment', async () => {
      const { items } = read(
        contract.shipments,
        await own.get(`/api/shipments?orderId=${order.orderId}`),
        200,
      );
      return items.length > 0 || undefined;
    });
    return {
      order: order.orderId,
      unwanted: unwanted.orderId,
      cart: cart.cartId,
      fullCart: fullCart.cartId,
    };
  };

  /** Of a stream too, which is not read. */
  const statusOf = async (caller: CallerName, route: string, { path, body }: Row): Promise<number> => {
    const [method = '', template = ''] = route.split(' ');
    const address = (path ?? template).replaceAll(/:(\w+)/g, (_, name: string) => things[name] ?? name);
    const { authorization } = clients[caller].always;
    const headers: Headers = {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const { request, reply } = program.http.open(method, address, headers);
    reply.catch(() => undefined);
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.destroy();
    return response.statusCode ?? 0;
  };

  const expectedOf = (caller: CallerName, allows: readonly string[], row: Row): readonly number[] => {
    const answer = typeof row.answer === 'number' ? [row.answer] : row.answer;
    if (allows.includes('everybody')) return answer;
    if (caller === 'anonymous') return [401];
    if (caller === 'own') return allows.includes('owner') || allows.includes('customer') ? answer : [403];
    if (caller === 'other') return [row.other ?? 403];
    return allows.includes(caller) ? answer : [403];
  };

  it('is declared, documented and tried for every route', () => {
    const names = routes.map(({ name }) => name).sort();
    expect(Object.keys(rows).sort()).toEqual(names);
    const inTable = ({ allows }: (typeof routes)[number]): readonly string[] => {
      if (allows.includes('everybody')) return ['yes', 'yes', 'yes'];
      const customer = allows.includes('customer') ? 'yes' : allows.includes('owner') ? 'own' : '';
      return [customer, ...['service', 'operator'].map((role) => (allows.includes(role) ? 'yes' : ''))];
    };
    expect(documented()).toEqual(Object.fromEntries(routes.map((route) => [route.name, inTable(route)])));
    expect(routes.filter(({ guarded }) => !guarded).map(({ name }) => name)).toEqual([
      'GET /health/live',
      'GET /health/ready',
    ]);
  });

  it.each(callers)('answers as the table says: %s', async (caller) => {
    const answers: Record<string, number> = {};
    const wrong: Record<string, readonly number[]> = {};
    for (const { name, allows } of routes) {
      const row = rows[name];
      if (row === undefined) continue;
      const expected = expectedOf(caller, allows, row);
      const status = await statusOf(caller, name, row);
      answers[name] = status;
      if (!expected.includes(status)) wrong[name] = [status, ...expected];
    }
    expect(wrong).toEqual({});
    expect(Object.keys(answers)).toHaveLength(routes.length);
  });

  it('says what is wrong with a request without a token, or with one that is none', async () => {
    const refused = async (headers: Headers) => {
      const reply = await program.http.get('/api/orders', headers);
      return [read(contract.problem, reply, 401).code, reply.headers['www-authenticate']];
    };
    expect(await refused({})).toEqual(['TOKEN_MISSING', 'Bearer realm="orders"']);
    expect(await refused({ authorization: 'Basic YTpi' })).toEqual([
      'TOKEN_INVALID',
      'Bearer realm="orders", error="invalid_request", error_description="The header Authorization must be Bearer, a blank and one token of the issuer."',
    ]);
    const expired = await issuer.token({}, { expiresIn: -60 });
    expect(await refused({ authorization: `Bearer ${expired}` })).toEqual([
      'TOKEN_EXPIRED',
      'Bearer realm="orders", error="invalid_token", error_description="The token has expired: get a new one from the issuer."',
    ]);
  });

  it.each<[string, string | undefined, string, string]>([
    ['no role', undefined, 'ann', 'ROLE_MISSING'],
    ['a role that is none', 'admin', 'ann', 'ROLE_MISSING'],
    ['a customer whose id is no id', 'customer', 'ann|1 2', 'CUSTOMER_UNKNOWN'],
  ])('refuses %s', async (_, role, subject, code) => {
    const client = await bearing(role, subject);
    const reply = await client.get('/api/orders');
    expect(read(contract.problem, reply, 403).code).toBe(code);
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer realm="orders", error="insufficient_scope"/);
    client.close();
  });

  it('does not even read the body of who may not', async () => {
    const reply = await program.http.send('POST', '/api/orders', '{', { 'content-type': 'application/json' });
    expect(read(contract.problem, reply, 401).code).toBe('TOKEN_MISSING');
  });

  it('tells a customer of another’s things what it tells of things that are not there', async () => {
    const { own, other } = clients;
    const { order = '', cart = '' } = things;
    const requests: readonly [string, string, string, object?][] = [
      ['GET', '/api/orders/ID', order],
      ['GET', '/api/orders/ID?at=0', order],
      ['GET', '/api/orders/ID?at=99', order],
      ['GET', '/api/orders/ID?at=2020-01-01T00:00:00Z', order],
      ['GET', '/api/orders/ID/timeline', order],
      ['GET', '/api/orders/ID/stream', order],
      ['POST', '/api/orders/ID/cancel', order, {}],
      ['GET', '/api/payments/ID', `pay-${order}`],
      ['GET', '/api/shipments/ID', `${order}.1`],
      ['GET', '/api/shipments?orderId=ID', order],
      ['GET', '/api/carts/ID', cart],
      ['POST', '/api/carts/ID/items', cart, { sku: 'NONE', quantity: 1 }],
      ['PATCH', '/api/carts/ID/items/SKU-1', cart, { quantity: 1 }],
      ['DELETE', '/api/carts/ID/items/SKU-1', cart],
      ['POST', '/api/carts/ID/checkout', cart, {}],
    ];
    for (const [method, path, id, body] of requests) {
      const send = async (of: string): Promise<Reply> => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const headers: Headers = { 'if-match': '"7"', ...(text && { 'content-type': 'application/json' }) };
        return other.send(method, path.replace('ID', of), text, headers);
      };
      const unknown = id.replace(/[0-9a-f]{8}-/, 'ffffffff-');
      const [theirs, nothing] = [await send(id), await send(unknown)];
      const named = (text: unknown): string => JSON.stringify(text).replaceAll(unknown, id);
      expect([path, theirs.status, named(theirs.body)]).toEqual([path, nothing.status, named(nothing.body)]);
    }
    // And all of it is as it was.
    expect(read(contract.order, await own.get(`/api/orders/${order}`), 200).status.lifecycle).toBe(
      'confirmed',
    );
    expect(read(contract.cart, await own.get(`/api/carts/${cart}`), 200).items).not.toEqual([]);
  });

  it('lists a customer’s own orders alone', async () => {
    const { own, other, operator } = clients;
    const customersIn = async (client: HttpClient, query = '') => {
      const { items } = read(contract.orders, await client.get(`/api/orders${query}`), 200);
      return [...new Set(items.map(({ customerId }) => customerId))].sort();
    };
    const placed = await new Shop(other).send({ 'SKU-1': 1 }, { customerId: 'bob' });
    const token = String(placed.headers['consistency-token']);
    const reading = { 'consistency-token': token };
    expect(read(contract.orders, await other.get('/api/orders', reading), 200).items).toHaveLength(1);
    expect(await customersIn(other)).toEqual(['bob']);
    expect(await customersIn(own)).toEqual(['ann']);
    expect(await customersIn(operator)).toEqual(['ann', 'bob']);
    expect(await customersIn(operator, '?customerId=bob')).toEqual(['bob']);
  });

  it('keeps the keys of requests apart: two customers may use the same one', async () => {
    const { own, other } = clients;
    const key = { 'idempotency-key': 'my-first-cart' };
    const open = async (client: HttpClient, customerId: string) =>
      read(contract.cart, await client.post('/api/carts', { customerId }, key), 201).cartId;
    const anns = await open(own, 'ann');
    expect(anns).toBe(derivedId('cart', 'customer:ann', 'my-first-cart'));
    expect(await open(own, 'ann')).toBe(anns);
    expect(await open(other, 'bob')).toBe(derivedId('cart', 'customer:bob', 'my-first-cart'));
  });

  it('writes down who acted, and tells customers no names of staff', async () => {
    const { own, operator } = clients;
    const { unwanted = '' } = things;
    read(contract.cancellation, await operator.post(`/api/orders/${unwanted}/cancel`), 202, 409);
    const placed = await new Shop(own).place({ 'SKU-1': 1 }, { customerId: 'ann' });
    const cancelled = await operator.post(`/api/orders/${placed.orderId}/cancel`, {});
    const token = { 'consistency-token': String(cancelled.headers['consistency-token']) };
    const actors = async (client: HttpClient) => {
      const reply = await client.get(`/api/orders/${placed.orderId}/timeline`, token);
      const { items } = read(contract.timeline, reply, 200);
      const of = (type: string) => items.find((entry) => entry.type === type)?.actor;
      return [of('OrderPlaced'), of('OrderCancellationRequested')];
    };
    expect(await actors(operator)).toEqual(['customer:ann', 'operator:olga']);
    expect(await actors(own)).toEqual(['customer:ann', 'operator']);
  });

  it('ends a stream when its token ends', async () => {
    const token = await issuer.token(
      { realm_access: { roles: ['customer'] } },
      // Within the tolerance of clocks: accepted still, and over for streams.
      { subject: 'ann', expiresIn: -1 },
    );
    const url = `${program.http.url}/api/orders/${things['order'] ?? ''}/stream`;
    const stream = await EventSource.open(url, { authorization: `Bearer ${token}` });
    await until('the end of the stream', () => stream.isOver || undefined);
    expect(stream.events).toHaveLength(1);
  });

  it('tells in readiness that an issuer is missing, and answers 503 to who brings a token', async () => {
    const away = await TestIssuer.start();
    away.isBroken = true;
    const lone = await Site.open();
    const started = await lone.program({
      OIDC_ISSUER: away.url,
      OIDC_AUDIENCE: away.audience,
      ROLES: 'api',
      SERVICES: 'catalog',
    });
    started.spawn();
    await until('readiness', async () => (await started.readiness()) === 200 || undefined);
    expect((await started.http.get('/health/ready')).body).toMatchObject({
      status: 'degraded',
      issuer: { issuer: away.url, keys: 'missing', lastFailure: expect.stringContaining('503') },
    });
    const reply = await started.http.bearing(await away.token({ roles: ['operator'] })).get('/api/catalog');
    expect(read(contract.problem, reply, 503).code).toBe('ISSUER_UNAVAILABLE');
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect((await started.http.get('/api/catalog')).status).toBe(401);
    await lone.clean();
    await away.stop();
  });
});

describe('A flood of requests', () => {
  let site: Site;
  let issuer: TestIssuer;
  let program: Program;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    site = await Site.open();
    program = await site.program({
      ...{ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: issuer.audience, ROLES: 'api', SERVICES: 'catalog' },
      // So slow that what is spent stays spent while the spec runs.
      ...{ RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_REFUSED_PER_SECOND: '1', RATE_LIMIT_BURST_SECONDS: '3600' },
      ...{ TRUST_PROXY: '127.0.0.1', HSTS_SECONDS: '600' },
    });
    program.spawn();
    await until('readiness', async () => (await program.readiness()) === 200 || undefined);
  });

  afterAll(async () => {
    await site.clean();
    await issuer.stop();
  });

  /** The first answer that is another, and how many came before. */
  const floodUntilRefused = async (client: HttpClient, path: string, headers: Headers = {}) => {
    const replies = await Promise.all(Array.from({ length: 4_000 }, () => client.get(path, headers)));
    const refused = replies.filter(({ status }) => status === 429);
    return { refused, passed: replies.length - refused.length };
  };

  it('of one customer is refused, and holds up nobody else', async () => {
    const bearing = async (subject: string, role = 'customer') =>
      program.http.bearing(await issuer.token({ roles: [role] }, { subject }));
    const [flooding, other, service] = [
      await bearing('ann'),
      await bearing('bob'),
      await bearing('erp', 'service'),
    ];
    const { refused, passed } = await floodUntilRefused(flooding, '/api/catalog/NONE');
    expect(passed).toBeGreaterThanOrEqual(3_600);
    const [first] = refused;
    if (first === undefined) throw new Error('No request was refused.');
    expect(read(contract.problem, first, 429).code).toBe('RATE_LIMITED');
    expect(first.headers).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': '"customer";q=3600;w=3600',
      ratelimit: expect.stringMatching(/^"customer";r=0;t=\d+$/),
    });
    const answered = await other.get('/api/catalog/NONE');
    expect(answered.status).not.toBe(429);
    expect(answered.headers).toMatchObject({ ratelimit: '"customer";r=3599;t=1' });
    expect((await service.get('/api/catalog/NONE')).headers).toMatchObject({
      'ratelimit-policy': '"service";q=3600000;w=3600',
    });
    for (const client of [flooding, other, service]) client.close();
  });

  it('without tokens is refused by its address, as the proxy in front tells it', async () => {
    const from = (address: string): Headers => ({ 'x-forwarded-for': `192.0.2.99, ${address}` });
    const { passed } = await floodUntilRefused(program.http, '/api/catalog', from('198.51.100.7'));
    expect(passed).toBeGreaterThanOrEqual(3_600);
    expect((await program.http.get('/api/catalog', from('198.51.100.7'))).status).toBe(429);
    expect((await program.http.get('/api/catalog', from('198.51.100.8'))).status).toBe(401);
    expect((await program.http.get('/health/live', from('198.51.100.7'))).status).toBe(200);
  });

  it('or any other request gets headers that tell browsers and caches to be careful', async () => {
    const careful = {
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'strict-transport-security': 'max-age=600; includeSubDomains',
    };
    const data = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" };
    expect((await program.http.get('/api/catalog')).headers).toMatchObject({
      ...careful,
      ...data,
      'cache-control': 'no-store',
    });
    expect((await program.http.get('/api/none')).headers).toMatchObject({ ...careful, ...data });
    expect((await program.http.get('/docs')).headers).toMatchObject({
      ...careful,
      'content-security-policy': expect.stringMatching(/^default-src 'self'; .*frame-ancestors 'none'$/),
    });
  });
});

describe('A start without an issuer', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  });

  afterAll(() => site.clean());

  const outputOf = async (settings: Settings): Promise<string> => {
    const program = await site.program(settings);
    program.spawn();
    expect(await program.ended()).toBe(1);
    await program.clean();
    return program.output;
  };

  it('is refused in production where the API is, with what to set', async () => {
    expect(await outputOf({ NODE_ENV: 'production' })).toBe(
      'The program cannot start.\nWith NODE_ENV=production the role api needs an issuer of tokens: set OIDC_ISSUER ' +
        'and OIDC_AUDIENCE (see docs/operations.md, Access control).\n',
    );
    expect(await outputOf({ NODE_ENV: 'production', DEV_ISSUER: 'true' })).toContain(
      'DEV_ISSUER=true is not valid: it must not be true with NODE_ENV=production: set OIDC_ISSUER',
    );
  });

  it('is let in production where there is no API', async () => {
    const program = await site.program({ NODE_ENV: 'production', ROLES: 'projector' });
    expect(await (await program.start()).readiness()).toBe(200);
    await program.clean();
  });

  it('says in development that everybody may come in, louder where others can reach it', async () => {
    const told = async (settings: Settings) => {
      const program = await site.start({ LOG_LEVEL: 'info', ...settings });
      await program.clean();
      const [line = '{}'] = program.output.split('\n').filter((text) => text.includes('No issuer of tokens'));
      return JSON.parse(line) as unknown;
    };
    const msg =
      'No issuer of tokens is configured (OIDC_ISSUER, or DEV_ISSUER=true): nobody is asked who he is';
    expect(await told({})).toMatchObject({ level: 30, msg });
    expect(await told({ HOST: '0.0.0.0' })).toMatchObject({
      level: 40,
      msg: `${msg}, and other machines can reach this address`,
    });
  });
});

describe('npm run token', () => {
  let site: Site;
  let program: Program;
  let settings: Settings;

  beforeAll(async () => {
    site = await Site.open();
    settings = { ...site.settings, HOST: '127.0.0.1', PORT: String(await freePort()), DEV_ISSUER: 'true' };
    const minted = await cli('token', ['--role', 'operator', '--role', 'service'], settings);
    program = await site.program(settings);
    await program.start(program.http.bearing(minted.stdout.trim()));
  });

  afterAll(() => site.clean());

  it('mints what the program accepts, its own issuer', async () => {
    const { code, stdout, stderr } = await cli(
      'token',
      ['--role', 'customer', '--customer', 'ann'],
      settings,
    );
    expect([code, stderr]).toEqual([0, '']);
    const client = program.http.bearing(stdout.trim());
    expect((await client.get('/api/orders')).body).toEqual({ items: [], nextCursor: null });
    expect((await client.get('/api/orders?customerId=bob')).status).toBe(403);
    expect((await program.http.get('/api/orders')).status).toBe(401);
    client.close();
  });

  it('shows the issuer to other programs, which accept its tokens', async () => {
    const issuer = `${program.http.url}/dev-issuer`;
    const other = await site.program({
      ...{ OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'order-processing', SERVICES: 'catalog', ROLES: 'api' },
    });
    other.spawn();
    await until('readiness', async () => (await other.readiness()) === 200 || undefined);
    const { stdout } = await cli('token', ['--role', 'service'], settings);
    expect((await other.http.bearing(stdout.trim()).get('/api/catalog')).status).toBe(200);
  });

  it('says when no program would accept it', async () => {
    const { code, stderr } = await cli('token', ['--role', 'operator'], { ...settings, DEV_ISSUER: 'false' });
    expect([code, stderr]).toEqual([
      0,
      'DEV_ISSUER is not set here: a program accepts this token only with DEV_ISSUER=true.\n',
    ]);
  });

  it.each<[readonly string[], string]>([
    [[], '--role is missing: customer, service, operator are there'],
    [['--role', 'king'], 'unknown role king: customer, service, operator are there'],
    [['--role', 'customer'], '--role customer and --customer go together'],
    [['--role', 'operator', '--customer', 'ann'], '--role customer and --customer go together'],
    [['--role', 'customer', '--customer', 'a|b'], 'a|b is no id of a customer'],
    [['--role', 'operator', '--ttl', '1 year'], '--ttl 1 year is not like 30m or 1h'],
    [['--role', 'operator', '--forever'], "Unknown option '--forever'"],
  ])('refuses %j', async (args, sentence) => {
    const { code, stdout, stderr } = await cli('token', args, settings);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain('npm run --silent token -- --role customer');
  });

  it('mints nothing in production', async () => {
    const production = { ...settings, DEV_ISSUER: 'false', NODE_ENV: 'production' };
    const { code, stdout, stderr } = await cli('token', ['--role', 'operator'], production);
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      'With NODE_ENV=production there is no development issuer: ask OIDC_ISSUER.\n',
    ]);
  });
});
