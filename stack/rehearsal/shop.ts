import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const patienceMs = 30_000;

/** The API behind an address, as a client of it sees it. */
export class Shop {
  requests = 0;
  /** Reads that were told, as docs/api.md has it, that the view is not there yet: they were asked again, and are no failures. */
  early = 0;
  /** Requests that were not answered as they should have been. */
  readonly failures: string[] = [];
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Undefined after an answer with another status, or none: it is among the failures. */
  async ask<Schema extends z.ZodType>(
    request: string,
    schema: Schema,
    options: {
      readonly body?: object;
      readonly headers?: Readonly<Record<string, string>>;
      readonly expected?: readonly number[];
    } = {},
  ): Promise<{ readonly found: z.infer<Schema>; readonly headers: Headers } | undefined> {
    const [method = '', path = ''] = request.split(' ');
    const { body, headers = {}, expected = [200] } = options;
    const deadline = Date.now() + patienceMs;
    this.requests += 1;
    let answered = 'no answer';
    try {
      for (;;) {
        const reply = await fetch(this.url + path, {
          ...{ method, signal: AbortSignal.timeout(patienceMs) },
          headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await reply.text();
        answered = `${reply.status} ${text.trim().slice(0, 300)}`;
        if (expected.includes(reply.status)) {
          return { found: schema.parse(JSON.parse(text)), headers: reply.headers };
        }
        if (!text.includes('"code":"VIEW_BEHIND"') || Date.now() > deadline) break;
        this.early += 1;
        await pause(Number(reply.headers.get('retry-after') ?? 1) * 1_000);
      }
    } catch (failure) {
      const cause = failure instanceof Error ? (failure.cause ?? failure) : failure;
      answered += `: ${String(cause)}`;
    }
    this.failures.push(`${new Date().toISOString()} ${request}: ${answered}`);
    return undefined;
  }

  /** What must be there. @throws Error with the last failure */
  async read<Schema extends z.ZodType>(
    request: string,
    schema: Schema,
    options: Parameters<Shop['ask']>[2] = {},
  ): Promise<z.infer<Schema>> {
    const answer = await this.ask(request, schema, options);
    if (answer === undefined) throw new Error(this.failures.at(-1));
    return answer.found;
  }
}

const money = z.object({ amountMinor: z.int(), currency: z.string() });
const order = z.object({
  orderId: z.string(),
  customerId: z.string(),
  paymentId: z.string().nullable(),
  total: money,
  status: z.object({ lifecycle: z.string(), payment: z.string(), fulfilment: z.string() }),
});
const orders = z.object({ items: z.array(order) });
const payment = z.object({ orderId: z.string(), captured: money, refunded: money });
const shipments = z.object({
  items: z.array(
    z.object({
      status: z.string(),
      lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
    }),
  ),
});
const notifications = z.object({
  items: z.array(z.object({ template: z.string(), status: z.string(), attempt: z.int() })),
});
const stock = z.object({ sku: z.string(), onHand: z.int(), reserved: z.int() });
const anything = z.unknown();

/** An order that was acknowledged. Its customer has ordered nothing else. */
export interface Placed {
  readonly orderId: string;
  readonly customerId: string;
  readonly sku: string;
  readonly quantity: number;
  /** So there are mails. */
  readonly hasContact: boolean;
  /** Where the customer's requests come from: each has an address, as each has a limit of its own. */
  readonly from: From;
}

type From = Readonly<Record<'x-forwarded-for', string>>;

const price = { amountMinor: 1_999, currency: 'EUR' };
export const stocked = 1_000_000;
const skus = ['REHEARSAL-1', 'REHEARSAL-2', 'REHEARSAL-3'];
const thinkMs = 1_000;

export const openShop = async (shop: Shop): Promise<void> => {
  for (const sku of skus) {
    const expected = [200, 201];
    await shop.read('POST /api/products', anything, { body: { sku, name: `Item ${sku}`, price }, expected });
    await shop.read(`POST /api/products/${sku}/publish`, anything, { body: {}, expected });
    await shop.read(`POST /api/inventory/${sku}/receipts`, anything, {
      body: { quantity: stocked },
      expected,
    });
  }
};

/** People who look, order, look again, and do not know that anything is rolled. */
export class Customers {
  readonly placed: Placed[] = [];
  private readonly shop: Shop;
  private readonly prefix: string;
  private readonly all: Promise<unknown>;
  private isClosing = false;
  private visits = 0;

  constructor(shop: Shop, count: number, prefix: string) {
    this.shop = shop;
    this.prefix = prefix;
    this.all = Promise.all(Array.from({ length: count }, () => this.comeAndGo()));
  }

  /** Resolves when so many more have ordered. */
  async more(count: number, patienceMs: number): Promise<void> {
    const [enough, deadline] = [this.placed.length + count, Date.now() + patienceMs];
    while (this.placed.length < enough) {
      if (Date.now() > deadline) {
        throw new Error(
          `No ${count} orders in ${patienceMs / 1_000} s. ${this.shop.failures.slice(-3).join('\n')}`,
        );
      }
      await pause(20);
    }
  }

  /** Nobody comes in any more; resolves when all have gone. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.all;
  }

  private async comeAndGo(): Promise<void> {
    while (!this.isClosing) {
      const visit = this.visits++;
      const customerId = `${this.prefix}-${visit}`;
      const from = { 'x-forwarded-for': `198.18.${(visit >> 8) % 256}.${visit % 256}` };
      await this.shop.ask('GET /api/catalog?limit=10', anything, { headers: from });
      await (visit % 3 === 0 ? this.checkOut(customerId, from, visit) : this.order(customerId, from, visit));
      await pause(thinkMs);
    }
  }

  private async order(customerId: string, from: From, visit: number): Promise<void> {
    const [sku, quantity] = [String(skus[visit % skus.length]), 1 + (visit % 2)];
    const contact = { name: 'Ada', email: `${customerId}@example.com` };
    const body = { customerId, items: [{ sku, quantity }], contact };
    const headers = { ...from, 'idempotency-key': customerId };
    const options = { body, headers, expected: [201] };
    const answer = await this.shop.ask('POST /api/orders', order, options);
    if (answer === undefined) return;
    const { orderId } = answer.found;
    this.placed.push({ orderId, customerId, sku, quantity, hasContact: true, from });
    // One in five has lost the answer.
    if (visit % 5 === 0) {
      const again = await this.shop.ask('POST /api/orders', order, options);
      if (again !== undefined && again.found.orderId !== orderId) {
        this.shop.failures.push(`${customerId} got two orders under one key: ${orderId} and another`);
      }
    }
    await this.see(orderId, from, answer.headers.get('consistency-token'));
  }

  private async checkOut(customerId: string, from: From, visit: number): Promise<void> {
    const [sku, quantity] = [String(skus[visit % skus.length]), 1 + (visit % 2)];
    const post = { headers: from, expected: [200, 201] };
    const cart = await this.shop.ask('POST /api/carts', z.object({ cartId: z.string() }), {
      ...post,
      body: { customerId },
    });
    if (cart === undefined) return;
    const { cartId } = cart.found;
    const item = await this.shop.ask(`POST /api/carts/${cartId}/items`, anything, {
      ...post,
      body: { sku, quantity },
    });
    if (item === undefined) return;
    const done = await this.shop.ask(
      `POST /api/carts/${cartId}/checkout`,
      z.object({ orderId: z.string() }),
      {
        ...{ headers: from, body: {} },
        // 202: the order is not placed yet, and will be.
        expected: [201, 202],
      },
    );
    if (done === undefined) return;
    const { orderId } = done.found;
    this.placed.push({ orderId, customerId, sku, quantity, hasContact: false, from });
  }

  private async see(orderId: string, from: From, token: string | null): Promise<void> {
    const headers = { ...from, ...(token !== null && { 'consistency-token': token }) };
    await this.shop.ask(`GET /api/orders/${orderId}`, order, { headers });
    await this.shop.ask(`GET /api/orders/${orderId}/timeline`, anything, { headers });
  }
}

/** All that there is of a customer's orders in the end. */
export interface Found {
  readonly orders: readonly {
    readonly orderId: string;
    readonly status: string;
    readonly total: number;
    readonly captured: number;
    readonly refunded: number;
    readonly delivered: number;
    readonly shipments: number;
    readonly mails: readonly string[];
  }[];
}

export const ended = 'completed, captured, delivered';

export const find = async (shop: Shop, { customerId, from: headers }: Placed): Promise<Found> => {
  const { items } = await shop.read(`GET /api/orders?customerId=${customerId}`, orders, { headers });
  const all = items.map(async ({ orderId, paymentId, status, total }) => {
    const [paid, shipped, told] = await Promise.all([
      paymentId === null ? undefined : shop.ask(`GET /api/payments/${paymentId}`, payment, { headers }),
      shop.read(`GET /api/shipments?orderId=${orderId}`, shipments, { headers }),
      shop.read(`GET /api/notifications?orderId=${orderId}`, notifications, { headers }),
    ]);
    const lines = shipped.items
      .filter((each) => each.status === 'delivered')
      .flatMap((each) => each.lines.map((line) => line.quantity));
    return {
      ...{ orderId, status: Object.values(status).join(', '), total: total.amountMinor },
      captured: paid?.found.captured.amountMinor ?? 0,
      refunded: paid?.found.refunded.amountMinor ?? 0,
      delivered: lines.reduce((sum, quantity) => sum + quantity, 0),
      shipments: shipped.items.length,
      mails: told.items.map(({ template, status: its, attempt }) => `${template} ${its} ${attempt}`),
    };
  });
  return { orders: await Promise.all(all) };
};

/** Every order that was placed, once, in the end, is what it should be: a line for each that is not. */
export const judge = ({ orderId, customerId, quantity, hasContact }: Placed, { orders: found }: Found) => {
  const [lost, doubled]: [string[], string[]] = [[], []];
  const itself = found.find((each) => each.orderId === orderId);
  if (itself === undefined) lost.push(`${orderId} of ${customerId} is not there`);
  for (const other of found.filter((each) => each !== itself)) {
    doubled.push(`${customerId} has the order ${other.orderId} as well as ${orderId}`);
  }
  if (itself !== undefined) {
    const { status, total, captured, refunded, delivered, shipments: count, mails } = itself;
    if (status !== ended) lost.push(`${orderId} is ${status}`);
    if (captured < total) lost.push(`of ${total} of ${orderId}, ${captured} were captured`);
    if (captured > total || refunded > 0)
      doubled.push(`of ${total} of ${orderId}, ${captured} were captured and ${refunded} given back`);
    if (delivered < quantity) lost.push(`of ${quantity} of ${orderId}, ${delivered} were delivered`);
    if (delivered > quantity || count > 1) {
      doubled.push(`of ${quantity} of ${orderId}, ${delivered} were delivered in ${count} shipments`);
    }
    const templates = mails.map((mail) => mail.split(' ')[0]);
    if (new Set(templates).size < templates.length) doubled.push(`mails of ${orderId}: ${mails.join(', ')}`);
    const outcome = hasContact ? ' sent 1' : ' failed 1';
    if (mails.length === 0 || mails.some((mail) => !mail.endsWith(outcome))) {
      lost.push(`mails of ${orderId}: ${mails.join(', ') || 'none'}`);
    }
  }
  return { lost, doubled };
};

/** Stock that has gone elsewhere than into the orders. */
export const judgeStock = async (shop: Shop, placed: readonly Placed[]): Promise<readonly string[]> => {
  const lines = skus.map(async (sku) => {
    const { onHand, reserved } = await shop.read(`GET /api/inventory/${sku}`, stock);
    const ordered = placed.filter((each) => each.sku === sku).reduce((sum, each) => sum + each.quantity, 0);
    return onHand === stocked - ordered && reserved === 0
      ? []
      : [`of ${stocked} of ${sku} ${ordered} were ordered, and ${onHand} are left, ${reserved} reserved`];
  });
  return (await Promise.all(lines)).flat();
};
