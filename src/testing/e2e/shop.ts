import { randomUUID } from 'node:crypto';
import * as contract from '../../http/contract.js';
import { type HttpClient, read, type Reply } from './http-client.js';
import { until } from '../until.js';

export interface NewOrder {
  readonly customerId?: string;
  readonly paymentMethod?: string;
  readonly shippingAddress?: object;
  readonly contact?: { readonly name: string; readonly email: string };
}

/** Not in the view, or the view is still being built. */
const isUnknownYet = ({ status }: Reply): boolean => status === 404 || status === 503;

/** What the specs do with the platform again and again. Services may live in different processes. */
export class Shop {
  constructor(
    private readonly http: HttpClient,
    private readonly inventory = http,
    private readonly catalog = http,
    private readonly payments = http,
  ) {}

  /** A published product with stock. */
  async stocked(sku: string, quantity: number, amountMinor = 1999): Promise<string> {
    const price = { amountMinor, currency: 'EUR' };
    read(
      contract.product,
      await this.catalog.post('/api/products', { sku, name: `Item ${sku}`, price }),
      201,
    );
    read(contract.product, await this.catalog.post(`/api/products/${sku}/publish`), 200);
    const receipt = { quantity, reference: 'first delivery' };
    read(contract.stock, await this.inventory.post(`/api/inventory/${sku}/receipts`, receipt), 201);
    return sku;
  }

  send(
    quantities: Readonly<Record<string, number>>,
    { customerId = 'cust-123', ...rest }: NewOrder = {},
    key: string = randomUUID(),
  ): Promise<Reply> {
    const items = Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }));
    return this.http.post('/api/orders', { customerId, items, ...rest }, { 'idempotency-key': key });
  }

  async place(quantities: Readonly<Record<string, number>>, order: NewOrder = {}): Promise<contract.Order> {
    return read(contract.order, await this.send(quantities, order), 201);
  }

  /** undefined until the view knows it. */
  async find(orderId: string): Promise<contract.Order | undefined> {
    const reply = await this.http.get(`/api/orders/${orderId}`);
    return isUnknownYet(reply) ? undefined : read(contract.order, reply, 200);
  }

  async ended(orderId: string): Promise<contract.Order> {
    return until(`the end of order ${orderId}`, async () => {
      const order = await this.find(orderId);
      const lifecycle = order?.status.lifecycle;
      return lifecycle === 'placed' || lifecycle === 'cancelling' ? undefined : order;
    });
  }

  async timeline(orderId: string) {
    return read(contract.timeline, await this.http.get(`/api/orders/${orderId}/timeline`), 200).items;
  }

  async stock(sku: string): Promise<readonly [onHand: number, reserved: number, available: number]> {
    const level = read(contract.stock, await this.inventory.get(`/api/inventory/${sku}`), 200);
    return [level.onHand, level.reserved, level.available];
  }

  /** Views follow the events at their own pace. */
  async untilStock(sku: string, ...[onHand, reserved]: readonly [number, number]): Promise<void> {
    await until(`${onHand} of ${sku} on hand and ${reserved} reserved`, async () => {
      const reply = await this.inventory.get(`/api/inventory/${sku}`);
      const level = isUnknownYet(reply) ? undefined : read(contract.stock, reply, 200);
      return level?.onHand === onHand && level.reserved === reserved && level.available === onHand - reserved
        ? true
        : undefined;
    });
  }

  async untilPayment(paymentId: string | null, status: string): Promise<void> {
    await until(`payment ${paymentId ?? ''} to be ${status}`, async () => {
      const reply = await this.payments.get(`/api/payments/${paymentId ?? ''}`);
      const found = isUnknownYet(reply) ? undefined : read(contract.payment, reply, 200).status;
      return found === status ? true : undefined;
    });
  }

  /** All orders, newest first. */
  async all(): Promise<readonly contract.Order[]> {
    const found: contract.Order[] = [];
    for (let cursor = ''; ;) {
      const page = read(contract.orders, await this.http.get(`/api/orders?limit=500${cursor}`), 200);
      found.push(...page.items);
      if (page.nextCursor === null) return found;
      cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    }
  }
}
