// Customers of a shop, about six requests a second, until Ctrl-C: node docs/screenshots/orders.mjs [URL]
const base = process.argv[2] ?? 'http://127.0.0.1:8080';

const send = (method, path, body, headers = {}) =>
  fetch(base + path, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    body: body && JSON.stringify(body),
  });
const post = (path, body, headers) => send('POST', path, body, headers);
const any = (list) => list[Math.floor(Math.random() * list.length)];
const oneTo = (most) => 1 + Math.floor(Math.random() * most);
const later = (ms, act) => setTimeout(() => void act().catch(report), ms);
const report = (failure) => console.error(String(failure));

const skus = ['SKU-123', 'SKU-124', 'SKU-125', 'SKU-126', 'SKU-127'];
const customers = Array.from({ length: 40 }, (_, index) => `cust-${index + 1}`);

const fillCart = async (customerId) => {
  const { cartId } = await (await post('/api/carts', { customerId })).json();
  await post(`/api/carts/${cartId}/items`, { sku: any(skus), quantity: oneTo(3) });
  if (Math.random() < 0.6) await post(`/api/carts/${cartId}/checkout`);
};

/** Of a hundred: 7 are declined, 2 answered late, 3 out of stock, 7 cancelled at once, 5 refunded in part. */
const placeOrder = async (customerId) => {
  const dice = 100 * Math.random();
  const order = { customerId, items: [{ sku: any(skus), quantity: oneTo(3) }] };
  if (dice < 7)
    order.paymentMethod = dice < 5 ? 'tok_decline_insufficient_funds' : 'tok_decline_expired_card';
  else if (dice < 9) order.paymentMethod = 'tok_slow';
  else if (dice < 12) order.items[0].quantity = 20_000;
  if (dice > 60) order.contact = { name: 'Ada', email: 'ada@example.com' };
  const answer = await post('/api/orders', order);
  const { orderId } = await answer.json();
  if (dice > 93) later(300, () => post(`/api/orders/${orderId}/cancel`));
  if (dice > 85 && dice < 90) {
    const amount = { amountMinor: 500, currency: 'EUR' };
    later(15_000, () => post(`/api/payments/pay-${orderId}/refunds`, { amount }));
  }
  await send('GET', `/api/orders/${orderId}`, undefined, {
    'consistency-token': answer.headers.get('consistency-token') ?? '',
  });
};

const visit = async () => {
  const customerId = any(customers);
  if (Math.random() < 0.5) await send('GET', '/api/catalog?sort=price');
  await (Math.random() < 0.15 ? fillCart : placeOrder)(customerId);
  if (Math.random() < 0.2) await send('GET', `/api/orders?customerId=${customerId}`);
};

for (const sku of skus) await post(`/api/inventory/${sku}/receipts`, { quantity: 5_000 });
// Busier and quieter, in turns of about six minutes.
setInterval(() => {
  if (Math.random() < 0.6 + 0.4 * Math.sin(Date.now() / 60_000)) void visit().catch(report);
}, 140);
