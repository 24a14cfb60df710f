import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { type Headers, type HttpClient, read, type Reply } from './http-client.js';
import { Site } from './program.js';
import { Shop } from './shop.js';

const json: Headers = { 'content-type': 'application/json' };
const order = { customerId: 'cust-1', items: [{ sku: 'SKU-1', quantity: 1 }] };
const long = 'x'.repeat(5_000);

/** Whatever a client sends, the answer is a problem document that says what is wrong with it, never a fault. */
describe('A request that cannot be carried out', () => {
  let site: Site;
  let http: HttpClient;

  beforeAll(async () => {
    site = await Site.open();
    http = (await site.start()).http;
    await new Shop(http).stocked('SKU-1', 10);
  });

  afterAll(() => site.clean());

  const refused = (reply: Reply, ...status: readonly number[]) => {
    const problem = read(contract.problem, reply, ...status);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect(problem.status).toBe(reply.status);
    return problem;
  };

  it.each<[string, unknown, string]>([
    ['no customer', { items: order.items }, 'customerId'],
    ['no items', { customerId: 'cust-1' }, 'items'],
    ['an empty list of items', { ...order, items: [] }, 'items'],
    ['items that are no list', { ...order, items: { sku: 'SKU-1', quantity: 1 } }, 'items'],
    ['too many items', { ...order, items: Array(2_000).fill(order.items[0]) }, 'items'],
    ['an unknown field', { ...order, colour: 'red' }, ''],
    ['an unknown field of an item', { ...order, items: [{ ...order.items[0], price: 1 }] }, 'items[0]'],
    ['a negative quantity', { ...order, items: [{ sku: 'SKU-1', quantity: -1 }] }, 'items[0].quantity'],
    ['a quantity of nothing', { ...order, items: [{ sku: 'SKU-1', quantity: 0 }] }, 'items[0].quantity'],
    ['half a unit', { ...order, items: [{ sku: 'SKU-1', quantity: 0.5 }] }, 'items[0].quantity'],
    ['a quantity in text', { ...order, items: [{ sku: 'SKU-1', quantity: '1' }] }, 'items[0].quantity'],
    [
      'more than can be counted',
      { ...order, items: [{ sku: 'SKU-1', quantity: 2 ** 60 }] },
      'items[0].quantity',
    ],
    ['a customer that is a number', { ...order, customerId: 7 }, 'customerId'],
    ['a customer of 5,000 letters', { ...order, customerId: long }, 'customerId'],
    ['a customer with a control character', { ...order, customerId: 'a\u0000b' }, 'customerId'],
    ['a SKU with a path in it', { ...order, items: [{ sku: '../x', quantity: 1 }] }, 'items[0].sku'],
    ['a payment method that is no text', { ...order, paymentMethod: {} }, 'paymentMethod'],
    ['nothing', null, ''],
    ['a list', [], ''],
    ['a text', 'order', ''],
  ])('%s', async (_, body, path) => {
    const { errors } = refused(await http.post('/api/orders', body), 400);
    expect(errors.map((error) => error.path)).toContainEqual(expect.stringContaining(path));
  });

  it.each<[string, string, Headers, readonly number[]]>([
    ['malformed JSON', '{"customerId":', json, [400]],
    ['an empty body', '', json, [400]],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, [415]],
    ['plain text', JSON.stringify(order), { 'content-type': 'text/plain' }, [400, 415]],
    ['a polluted prototype', '{"__proto__":{"admin":true},"customerId":"c"}', json, [400]],
    ['a polluted constructor', '{"constructor":{"prototype":{"a":1}},"customerId":"c"}', json, [400]],
    [
      'a body that is too large',
      JSON.stringify({ ...order, customerId: 'x'.repeat(1_000_000) }),
      json,
      [413],
    ],
    ['bytes that are no text', '\u0000\u0001', json, [400]],
  ])('%s', async (_, text, headers, status) => {
    refused(await http.send('POST', '/api/orders', text, headers), ...status);
  });

  it.each<[string, Headers]>([
    ['an Idempotency-Key of 5,000 letters', { 'idempotency-key': long }],
    ['an Idempotency-Key with blanks', { 'idempotency-key': 'a b' }],
    ['an If-Match that is no ETag', { 'if-match': 'one' }],
  ])('%s', async (_, headers) => {
    refused(await http.post('/api/orders', order, headers), 400);
  });

  it.each([
    ['/api/orders?limit=0', 400],
    ['/api/orders?limit=501', 400],
    ['/api/orders?limit=ten', 400],
    ['/api/orders?cursor=nonsense', 400],
    ['/api/orders?cursor=bnVsbA', 400],
    [`/api/orders?cursor=${long}`, 400],
    ['/api/catalog?cursor=nonsense', 400],
    ['/api/catalog?sort=colour', 400],
    ['/api/catalog?minPrice=-1', 400],
    ['/api/catalog?minPrice=cheap', 400],
    ['/api/orders/none', 404],
    ['/api/orders/none/timeline', 404],
    ['/api/carts/none', 404],
    ['/api/payments/none', 404],
    ['/api/shipments/none', 404],
    ['/api/shipments/none.1', 404],
    ['/api/shipments', 400],
    ['/api/shipments?orderId=..%2fetc', 400],
    ['/api/catalog/NONE', 404],
    ['/api/orders/%00', 400],
    ['/api/orders/..%2f..%2fetc', 400],
    ['/api/orders/%E0%A4%A', 400],
    ['/api/nothing', 404],
  ] as const)('GET %s: %i', async (path, status) => {
    refused(await http.get(path), status);
  });

  it('an id of 5,000 letters', async () => {
    refused(await http.get(`/api/orders/${long}`), 400, 404, 414);
  });

  it.each(['nonsense', 'A', long, Buffer.from('\u0000').toString('base64url')])(
    'the consistency token %#',
    async (token) => {
      refused(await http.get('/api/catalog', { 'consistency-token': token }), 400);
    },
  );

  it.each<[string, string, unknown, readonly number[]]>([
    ['POST', '/api/products', { sku: 'A', name: '' }, [400]],
    ['POST', '/api/products', { sku: 'A/B', name: 'x' }, [400]],
    ['POST', '/api/products', { sku: 'A', name: 'x', price: { amountMinor: 1.5, currency: 'EUR' } }, [400]],
    ['POST', '/api/products', { sku: 'A', name: 'x', price: { amountMinor: -1, currency: 'EUR' } }, [400]],
    ['POST', '/api/products', { sku: 'A', name: 'x', price: { amountMinor: 1, currency: 'euro' } }, [400]],
    ['POST', '/api/products', { sku: 'SKU-1', name: 'Another' }, [409]],
    ['POST', '/api/products/NONE/publish', undefined, [404]],
    ['PUT', '/api/products/SKU-1/price', { amountMinor: 1, currency: 'EUR' }, [400]],
    ['PUT', '/api/products/NONE/price', { price: { amountMinor: 1, currency: 'EUR' } }, [404]],
    ['POST', '/api/inventory/SKU-1/receipts', { quantity: -5 }, [400]],
    ['POST', '/api/inventory/SKU-1/receipts', { quantity: '5' }, [400]],
    ['POST', '/api/inventory/SKU-1/adjustments', { delta: -11, reason: 'lost' }, [409]],
    ['POST', '/api/inventory/SKU-1/adjustments', { delta: 0.5, reason: 'lost' }, [400]],
    ['POST', '/api/carts', {}, [400]],
    ['POST', '/api/carts/none/items', { sku: 'SKU-1', quantity: 1 }, [404]],
    ['POST', '/api/carts/none/checkout', {}, [404]],
    ['PATCH', '/api/carts/none/items/SKU-1', { quantity: 0 }, [400]],
    ['POST', '/api/orders/none/cancel', {}, [404]],
    ['POST', '/api/payments/none/refunds', { amount: { amountMinor: 1, currency: 'EUR' } }, [404]],
    ['POST', '/api/payments/none/refunds', { amount: { amountMinor: -1, currency: 'EUR' } }, [400]],
    ['POST', '/api/shipments', { orderId: 'none', lines: [{ sku: 'SKU-1', quantity: 1 }] }, [404]],
    ['POST', '/api/shipments', { orderId: 'none', lines: [] }, [400]],
    ['POST', '/api/shipments/none.1/dispatch', { trackingNumber: 'T' }, [404]],
    ['POST', '/api/shipments/none.1/dispatch', { trackingNumber: '' }, [400]],
    ['POST', '/api/shipments/none.1/deliver', {}, [404]],
    ['POST', '/api/shipments/none.1/deliver', { when: 'now' }, [400]],
    ['POST', '/api/shipments/none.1/fail', {}, [400]],
    ['POST', '/api/shipments/none.1/split', { lines: [{ sku: 'SKU-1', quantity: -1 }] }, [400]],
  ])('%s %s %j', async (method, path, body, status) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    refused(await http.send(method, path, text, text === undefined ? {} : json), ...status);
  });

  it('changed nothing', async () => {
    expect(await new Shop(http).stock('SKU-1')).toEqual([10, 0, 10]);
    expect(await new Shop(http).all()).toEqual([]);
  });
});
