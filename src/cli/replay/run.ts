import { z } from 'zod';
import { Client, refusalOf, Unreachable } from './client.js';
import { readHistory, UnreadableFile } from './history-file.js';
import { isUnreadable, type Purchase } from './history.js';
import { inParallel } from './in-parallel.js';
import { keysOf, planLines, skuOf } from './plan.js';
import { stockProducts } from './products.js';
import { formatCount } from '../text.js';
import { Progress, type Terminal } from './progress.js';
import { survey, type Survey } from './survey.js';
import { compare, formatMinor, sameTotals, tally } from './verify.js';

export interface ReplayOptions {
  readonly file: string;
  readonly url: string;
  /** Of the issuer that the API asks for, if it does. */
  readonly token?: string | undefined;
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
    if (!(error instanceof Unreachable || error instanceof UnreadableFile)) throw error;
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

  const unsellable = await stockProducts(client, seen, { ...options, decimals }, progress);
  const placed = await placeOrders(options, decimals, seen, unsellable, progress, client);

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
  unsellable: ReadonlyMap<number, string>,
  progress: Progress,
  client: Client,
): Promise<Placed> => {
  const keys = keysOf(digest);
  const orderIds = new Set<string>();
  let refused = 0;
  let consistencyToken: string | undefined;

  const place = async (purchase: Purchase): Promise<string | undefined> => {
    const lines = planLines(purchase);
    for (const { unitMinor } of lines) if (unsellable.has(unitMinor)) return unsellable.get(unitMinor);
    const answer = await client.post('/api/orders', keys.order(purchase.line), {
      customerId: purchase.customer,
      items: lines.map(({ unitMinor, quantity }) => ({ sku: skuOf(unitMinor, currency), quantity })),
    });
    const accepted = acceptedSchema.safeParse(answer.body).data;
    if (answer.status >= 300 || accepted === undefined) return refusalOf(answer);
    orderIds.add(accepted.orderId);
    consistencyToken = answer.consistencyToken;
    return undefined;
  };

  progress.start('orders', totals.orders);
  await inParallel(clients, purchasesOf(file, decimals, limit), async (purchase) => {
    const refusal = await place(purchase);
    if (refusal !== undefined) {
      refused += 1;
      progress.note(`line ${purchase.line}: refused, ${refusal}`);
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
