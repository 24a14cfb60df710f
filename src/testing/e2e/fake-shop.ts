import http from 'node:http';
import { type AddressInfo } from 'node:net';
import { z } from 'zod';

const bodySchema = z.object({
  sku: z.string().optional(),
  price: z.object({ amountMinor: z.int(), currency: z.string() }).optional(),
  quantity: z.int().optional(),
  customerId: z.string().optional(),
  items: z.array(z.object({ sku: z.string(), quantity: z.int() })).optional(),
});

type Body = z.infer<typeof bodySchema>;

interface FakeOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly lines: readonly { sku: string; quantity: number }[];
  readonly total: { amountMinor: number; currency: string };
  status: { lifecycle: string };
  reason: { code: string } | null;
}

/** As much of the HTTP contract as a replay sees, in memory, with faults on request. For specs. */
export class FakeShop {
  readonly prices = new Map<string, { amountMinor: number; currency: string }>();
  readonly stock = new Map<string, number>();
  readonly orders: FakeOrder[] = [];
  /** The customer whose orders are refused with 422. */
  refused: string | undefined;
  /** The customer whose orders end rejected. */
  rejected: string | undefined;
  /** Every so manieth request is carried out, but its connection breaks before the answer. */
  loseEvery = Infinity;
  /** Every so manieth request is answered 503. */
  overloadedEvery = Infinity;
  /** What requests brought as Authorization. */
  readonly authorizations = new Set<string | undefined>();
  onOrder: () => void = () => undefined;

  private readonly answers = new Map<string, { request: string; status: number; body: object }>();
  private readonly server = http.createServer((request, response) => {
    void this.serve(request, response);
  });
  private requests = 0;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Breaks every connection, as a kill does. What was carried out stays. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    this.requests += 1;
    this.authorizations.add(request.headers.authorization);
    const overloaded = this.requests % this.overloadedEvery === 0;
    const { status, body } = overloaded ? { status: 503, body: {} } : this.answer(request, text);
    if (this.requests % this.loseEvery === 0) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, {
      'content-type': 'application/json',
      'consistency-token': this.orders.length.toString(),
    });
    response.end(JSON.stringify(body));
  }

  private answer({ method, url = '', headers }: http.IncomingMessage, text: string) {
    const { pathname, searchParams } = new URL(url, this.url);
    if (method === 'GET' && pathname === '/api/orders') return this.page(Number(searchParams.get('cursor')));
    if (method === 'GET') return { status: 200, body: { price: this.prices.get(lastOf(pathname)) } };
    const key = String(headers['idempotency-key']);
    const request = `${pathname} ${text}`;
    const earlier = this.answers.get(key);
    if (earlier !== undefined)
      return earlier.request === request ? earlier : problem('IDEMPOTENCY_KEY_REUSED');
    const answer = this.post(pathname, bodySchema.parse(text === '' ? {} : JSON.parse(text)));
    this.answers.set(key, { request, ...answer });
    return answer;
  }

  private post(path: string, body: Body) {
    if (path === '/api/products' && body.sku !== undefined && body.price !== undefined) {
      if (this.prices.has(body.sku)) return { ...problem('PRODUCT_EXISTS'), status: 409 };
      this.prices.set(body.sku, body.price);
    } else if (path.endsWith('/receipts')) {
      const sku = path.split('/').at(-2) ?? '';
      this.stock.set(sku, (this.stock.get(sku) ?? 0) + (body.quantity ?? 0));
    } else if (path === '/api/orders' && body.customerId !== undefined && body.items !== undefined) {
      return this.order(body.customerId, body.items);
    }
    return { status: 201, body: {} };
  }

  private order(customerId: string, lines: FakeOrder['lines']) {
    this.onOrder();
    if (customerId === this.refused) return problem('UNKNOWN_CUSTOMER');
    let amountMinor = 0;
    for (const { sku, quantity } of lines) {
      amountMinor += (this.prices.get(sku)?.amountMinor ?? NaN) * quantity;
      this.stock.set(sku, (this.stock.get(sku) ?? 0) - quantity);
    }
    const order = {
      orderId: `order-${this.orders.length}`,
      customerId,
      lines,
      total: { amountMinor, currency: 'USD' },
      status: { lifecycle: 'placed' },
      reason: null,
    };
    this.orders.push(order);
    return { status: 201, body: order };
  }

  /** Newest first, two a page; an order reaches its end once it has been seen. */
  private page(from: number) {
    const newestFirst = this.orders.toReversed();
    const items = newestFirst.slice(from, from + 2).map((order) => structuredClone(order));
    for (const order of newestFirst.slice(from, from + 2)) {
      const rejected = order.customerId === this.rejected;
      order.status = { lifecycle: rejected ? 'rejected' : 'confirmed' };
      order.reason = rejected ? { code: 'PAYMENT_DECLINED' } : null;
    }
    const next = from + 2;
    return { status: 200, body: { items, nextCursor: next < newestFirst.length ? next.toString() : null } };
  }
}

const problem = (code: string) => ({ status: 422, body: { code, detail: 'No.' } });

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
