import { z } from 'zod';
import { type Answer, Client, refusalOf, Unreachable } from './client.js';
import { readHistory, UnreadableFile } from './history-file.js';
import { isUnreadable, type Purchase } from './history.js';
import { inParallel } from './in-parallel.js';
import { keysOf, planLines, skuOf } from './plan.js';
import { formatCount, Progress, type Terminal } from './progress.js';
import { survey, type Survey } from './survey.js';
import { compare, formatMinor, sameTotals, tally } from './verify.js';

export interface ReplayOptions {
  readonly file: string;
  readonly url: string;
  readonly clients: number;
  /** The first so many purchases only. */
  readonly limit: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly patienceMs: number;
}

export interface Output {
  /** The result. */
  readonly result: Terminal;
  /** What happens on the way. */
  readonly progress: Terminal;
}

/** 0: placed, ended and equal; 1: not; 2: nothing to replay; 130: interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

/** The replay cannot go on; the message says why. */
class Stuck extends Error {}

/** Sends the file's purchases as orders, waits for their end and compares what the views say with the file. */
export const replay = async (
  options: ReplayOptions,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> => {
  const progress = new Progress(output.progress);
  const client = new Client({
    ...options,
    signal,
    onOutage: (why) => {
      progress.note(`${options.url} does not answer (${why}); trying again`);
    },
  });
  try {
    return await carryOut(options, output.result, progress, client, signal);
  } catch (error) {
    progress.stop();
    if (signal.aborted) {
      progress.note('Interrupted. Run the same command again to go on; nothing will be ordered twice.');
      return 130;
    }
    const expected =
      error instanceof Stuck || error instanceof Unreachable || error instanceof UnreadableFile;
    if (!expected) throw error;
    progress.note(error.message);
    return error instanceof UnreadableFile ? 2 : 1;
  } finally {
    client.close();
  }
};

const carryOut = async (
  options: ReplayOptions,
  result: Terminal,
  progress: Progress,
  client: Client,
  signal: AbortSignal,
): Promise<ExitCode> => {
  const { file, limit, currency } = options;
  const decimals = decimalsOf(currency);
  const seen = await survey(file, decimals, limit, ({ line, why }) => {
    progress.note(`line ${line}: unreadable, ${why}`);
  });
  if (seen.totals.orders === 0) throw new UnreadableFile(`${file} has no purchase that can be read.`);
  const { orders, units, revenueMinor } = seen.totals;
  progress.note(
    `${formatCount(orders)} purchases, ${formatCount(units)} units, ` +
      `${formatMinor(revenueMinor, decimals)} ${currency}, ${formatCount(seen.needed.size)} unit prices`,
  );

  await stockProducts(options, decimals, seen, progress, client);
  const placed = await placeOrders(options, decimals, seen, progress, client);

  progress.start('ends  ', placed.orderIds.size);
  const { totals, ends, waiting } = await tally(client, placed.orderIds, {
    ...options,
    consistencyToken: placed.consistencyToken,
    signal,
    onEnd: () => {
      progress.step();
    },
  });
  const endingMs = progress.stop();

  const counts = [...ends].sort().map(([end, count]) => `${formatCount(count)} ${end}`);
  if (placed.refused > 0) counts.push(`${formatCount(placed.refused)} refused`);
  if (waiting.size > 0) counts.push(`${formatCount(waiting.size)} without an end`);
  if (seen.unreadable > 0) counts.push(`${formatCount(seen.unreadable)} unreadable lines`);
  result.write(
    `${compare(seen.totals, totals, currency, decimals)}\n\n${counts.join(', ')}\n` +
      `placed in ${seconds(placed.elapsedMs)} (${formatCount((orders * 1000) / placed.elapsedMs)} orders/s), ` +
      `all read back ${seconds(endingMs)} later\n`,
  );
  return sameTotals(seen.totals, totals) ? 0 : 1;
};

/** A published product with enough stock for each unit price. */
const stockProducts = async (
  { clients, currency }: ReplayOptions,
  decimals: number,
  { digest, needed, stock }: Survey,
  progress: Progress,
  client: Client,
): Promise<void> => {
  const keys = keysOf(digest);
  progress.start('stock ', needed.size);
  await inParallel(clients, needed.values(), async (unitMinor) => {
    const sku = skuOf(unitMinor, currency);
    const price = { amountMinor: unitMinor, currency };
    const product = { sku, name: `Item at ${formatMinor(unitMinor, decimals)} ${currency}`, price };
    const added = await client.post('/api/products', keys.product(sku), product);
    if (added.status !== 409 || !(await hasPrice(client, sku, price))) succeed(added, `product ${sku}`);
    succeed(await client.post(`/api/products/${sku}/publish`, keys.publication(sku)), `publishing ${sku}`);
    succeed(
      await client.post(`/api/inventory/${sku}/receipts`, keys.receipt(sku), {
        quantity: stock.get(unitMinor),
        reference: `replay-${digest}`,
      }),
      `stock of ${sku}`,
    );
    progress.step();
  });
  progress.stop();
};

const succeed = (answer: Answer, what: string): void => {
  if (answer.status >= 300) throw new Stuck(`The system refused the ${what}: ${refusalOf(answer)}`);
};

const priceSchema = z.object({ amountMinor: z.int(), currency: z.string() });

const hasPrice = async (
  client: Client,
  sku: string,
  price: z.infer<typeof priceSchema>,
): Promise<boolean> => {
  const { body } = await client.get(`/api/catalog/${sku}`);
  const found = z.object({ price: priceSchema }).safeParse(body).data?.price;
  return found?.amountMinor === price.amountMinor && found.currency === price.currency;
};

interface Placed {
  readonly orderIds: ReadonlySet<string>;
  readonly refused: number;
  readonly consistencyToken: string | undefined;
  readonly elapsedMs: number;
}

const acceptedSchema = z.object({ orderId: z.string() });

const placeOrders = async (
  { file, clients, currency, limit }: ReplayOptions,
  decimals: number,
  { digest, totals }: Survey,
  progress: Progress,
  client: Client,
): Promise<Placed> => {
  const keys = keysOf(digest);
  const orderIds = new Set<string>();
  let refused = 0;
  let consistencyToken: string | undefined;
  progress.start('orders', totals.orders);
  await inParallel(clients, purchasesOf(file, decimals, limit), async (purchase) => {
    const items = planLines(purchase).map(({ unitMinor, quantity }) => ({
      sku: skuOf(unitMinor, currency),
      quantity,
    }));
    const order = { customerId: purchase.customer, items };
    const answer = await client.post('/api/orders', keys.order(purchase.line), order);
    const accepted = acceptedSchema.safeParse(answer.body).data;
    if (answer.status < 300 && accepted !== undefined) {
      orderIds.add(accepted.orderId);
      consistencyToken = answer.consistencyToken;
    } else {
      refused += 1;
      progress.note(`line ${purchase.line}: refused, ${refusalOf(answer)}`);
    }
    progress.step();
  });
  return { orderIds, refused, consistencyToken, elapsedMs: progress.stop() };
};

async function* purchasesOf(file: string, decimals: number, limit: number): AsyncGenerator<Purchase> {
  let left = limit;
  for await (const reading of readHistory(file, decimals)) {
    if (isUnreadable(reading)) continue;
    if (left === 0) return;
    left -= 1;
    yield reading;
  }
}

const decimalsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
