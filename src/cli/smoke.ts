import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import * as contract from '../http/contract.js';
import { parsedOrUsage, runTool, UsageError } from './platform.js';
import { clean } from './text.js';

const sku = 'SMOKE-TEST';
const customerId = 'smoke-test';

const usage = `npm run --silent smoke -- --url https://shop.example [--patience 60]
Places an order through the API at the address, sees it confirmed, cancels it, and sees money and stock given back. What it
sells is the product ${sku}, which nobody else sees but while it runs. SMOKE_TOKEN is a token with the role operator or
service, where the API has an issuer; --patience is in seconds, for each step. Exit code 0: all of it; 1: not, and why.`;

const againMs = 250;
/** A load balancer, or a process that has just started, says "not now" with one of these. */
const notNow = new Set([429, 502, 503, 504]);

/** What the person at the terminal has been told; the tool ends with 1. */
class SmokeTestFailed extends Error {}

const optionsOf = (args: readonly string[]): { readonly api: string; readonly patienceMs: number } => {
  const { url, patience } = parsedOrUsage(() =>
    parseArgs({
      args: [...args],
      options: { url: { type: 'string' }, patience: { type: 'string', default: '60' } },
    }),
  ).values;
  if (url === undefined) throw new UsageError('--url is missing: the address of the API');
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`--url ${url} is not an address like https://shop.example`);
  }
  if (!/^[1-9]\d{0,3}$/.test(patience)) {
    throw new UsageError(`--patience ${patience} is not a number of seconds from 1 to 9999`);
  }
  return { api: url.replace(/\/+$/, ''), patienceMs: Number(patience) * 1_000 };
};

interface Reply {
  readonly status: number;
  readonly token: string | null;
  readonly body: unknown;
}

class SmokeTest {
  constructor(
    private readonly api: string,
    private readonly patienceMs: number,
    private readonly token: string | undefined,
  ) {}

  async run(): Promise<void> {
    await this.step('a product to sell', async () => {
      const price = { amountMinor: 100, currency: 'EUR' };
      // Whatever became of it since, it is there.
      await this.post('/api/products', { sku, name: 'Smoke test', price }, [201, 409]);
      await this.post(`/api/products/${sku}/publish`, {}, [200]);
    });
    try {
      await this.order();
    } finally {
      await this.step('the product is hidden again', () =>
        this.post(`/api/products/${sku}/unpublish`, {}, [200]),
      );
    }
  }

  private async order(): Promise<void> {
    const stocked = await this.step('stock', async () => {
      const found = await this.get(`/api/inventory/${sku}`, [200, 404]);
      const before = found.status === 200 ? contract.stock.parse(found.body) : undefined;
      if (before !== undefined && before.available > 0) return before;
      const receipt = { quantity: 1, reference: 'smoke test' };
      return contract.stock.parse((await this.post(`/api/inventory/${sku}/receipts`, receipt, [201])).body);
    });
    const { orderId, token } = await this.step('an order', async () => {
      const reply = await this.post('/api/orders', { customerId, items: [{ sku, quantity: 1 }] }, [201]);
      return { ...contract.order.parse(reply.body), token: reply.token };
    });
    const path = `/api/orders/${orderId}`;
    await this.step(`the order ${orderId} is confirmed`, () =>
      this.until(
        path,
        contract.order,
        ({ status, reason }) => {
          if (reason !== null) throw new SmokeTestFailed(`It was refused: ${reason.code}, ${reason.detail}`);
          return status.lifecycle !== 'placed';
        },
        token,
      ),
    );
    const cancelled = await this.step('it is cancelled', async () => {
      const { status } = await this.post(`${path}/cancel`, { reason: 'smoke test' }, [202, 409]);
      return status === 202;
    });
    if (!cancelled) {
      // Somebody, or a simulated carrier, was faster.
      await this.step('it is delivered, as it was on its way already', () =>
        this.until(path, contract.order, ({ status }) => status.lifecycle === 'completed'),
      );
      return;
    }
    const { paymentId } = await this.step('the cancellation is done', () =>
      this.until(path, contract.order, ({ status }) => status.lifecycle === 'cancelled'),
    );
    await this.step('its money is given back', () =>
      this.until(`/api/payments/${String(paymentId)}`, contract.payment, ({ status, captured, refunded }) =>
        status === 'voided' ? captured.amountMinor === 0 : captured.amountMinor === refunded.amountMinor,
      ),
    );
    await this.step('its stock is given back', () =>
      this.until(`/api/inventory/${sku}`, contract.stock, ({ available }) => available >= stocked.available),
    );
  }

  private async step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    try {
      const result = await work();
      process.stdout.write(`ok    ${what} (${Math.round(performance.now() - start)} ms)\n`);
      return result;
    } catch (error) {
      // What comes after it, to clean up, may fail too.
      if (error instanceof SmokeTestFailed) process.stderr.write(`NOT   ${what}: ${error.message}\n`);
      throw error;
    }
  }

  /** Asks again until what is read is as it should be. */
  private async until<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    isThere: (found: z.infer<Schema>) => boolean,
    token: string | null = null,
  ): Promise<z.infer<Schema>> {
    for (const deadline = Date.now() + this.patienceMs; ;) {
      const { body } = await this.get(path, [200], token);
      const found = schema.parse(body);
      if (isThere(found)) return found;
      if (Date.now() > deadline) {
        throw new SmokeTestFailed(`not after ${this.patienceMs / 1_000} s. GET ${path}: ${told(body)}`);
      }
      await pause(againMs);
    }
  }

  private get(path: string, expected: readonly number[], token: string | null = null): Promise<Reply> {
    return this.request('GET', path, expected, token === null ? {} : { 'consistency-token': token });
  }

  private post(path: string, body: object, expected: readonly number[]): Promise<Reply> {
    // Sent again under the same key it is done once.
    const headers = { 'content-type': 'application/json', 'idempotency-key': `smoke-${randomUUID()}` };
    return this.request('POST', path, expected, headers, JSON.stringify(body));
  }

  private async request(
    method: string,
    path: string,
    expected: readonly number[],
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Reply> {
    const authorization = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    for (const deadline = Date.now() + this.patienceMs; ;) {
      const left = Math.max(deadline - Date.now(), 1);
      let failure: string;
      try {
        const reply = await fetch(this.api + path, {
          ...{ method, headers: { ...authorization, ...headers }, redirect: 'manual' },
          ...(body !== undefined && { body }),
          signal: AbortSignal.timeout(left),
        });
        const text = await reply.text();
        const found = { status: reply.status, token: reply.headers.get('consistency-token') };
        if (expected.includes(reply.status)) return { ...found, body: json(text) };
        failure = `${method} ${path} was answered ${reply.status}: ${told(text)}`;
        if (!notNow.has(reply.status)) throw new SmokeTestFailed(failure);
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
        const cause = error.cause instanceof Error ? error.cause.message : error.message;
        failure = `${method} ${path} has no answer: ${cause}`;
      }
      if (Date.now() + againMs > deadline) throw new SmokeTestFailed(failure);
      process.stderr.write(`again ${failure}\n`);
      await pause(againMs);
    }
  }
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new SmokeTestFailed(`that is no JSON, so it is not this API: ${told(text)}`);
  }
};

const told = (body: unknown): string => clean(typeof body === 'string' ? body : JSON.stringify(body), 500);

await runTool(usage, async (args) => {
  const { api, patienceMs } = optionsOf(args);
  const token = process.env['SMOKE_TOKEN'];
  try {
    await new SmokeTest(api, patienceMs, token === '' ? undefined : token).run();
    process.stdout.write(`${api} takes orders.\n`);
    return 0;
  } catch (error) {
    if (error instanceof z.ZodError) {
      process.stderr.write(`An answer is not what the API says: ${z.prettifyError(error)}\n`);
    } else if (!(error instanceof SmokeTestFailed)) throw error;
    process.stderr.write(`${api} does not take orders as it should.\n`);
    return 1;
  }
});
