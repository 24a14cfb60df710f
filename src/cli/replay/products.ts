import { z } from 'zod';
import { type Client, refusalOf } from './client.js';
import { inParallel } from './in-parallel.js';
import { keysOf, skuOf } from './plan.js';
import { type Progress } from './progress.js';
import { type Survey } from './survey.js';
import { formatMinor } from './verify.js';

interface Setting {
  readonly clients: number;
  readonly currency: string;
  readonly decimals: number;
}

/** Makes a published product with enough stock for each unit price. Answers those that could not be had, and why. */
export const stockProducts = async (
  client: Client,
  { digest, needed, stock }: Survey,
  { clients, currency, decimals }: Setting,
  progress: Progress,
): Promise<ReadonlyMap<number, string>> => {
  const keys = keysOf(digest);

  const refusal = async (unitMinor: number): Promise<string | undefined> => {
    const sku = skuOf(unitMinor, currency);
    const price = { amountMinor: unitMinor, currency };
    const name = `Item at ${formatMinor(unitMinor, decimals)} ${currency}`;
    const added = await client.post('/api/products', keys.product(sku), { sku, name, price });
    const usable = added.status < 300 || (added.status === 409 && (await hasPrice(client, sku, price)));
    if (!usable) return refusalOf(added);
    const published = await client.post(`/api/products/${sku}/publish`, keys.publication(sku));
    if (published.status >= 300) return refusalOf(published);
    const receipt = { quantity: stock.get(unitMinor), reference: `replay-${digest}` };
    const received = await client.post(`/api/inventory/${sku}/receipts`, keys.receipt(sku), receipt);
    return received.status < 300 ? undefined : refusalOf(received);
  };

  const unsellable = new Map<number, string>();
  progress.start('stock ', needed.size);
  await inParallel(clients, needed.values(), async (unitMinor) => {
    const why = await refusal(unitMinor);
    if (why !== undefined) unsellable.set(unitMinor, `no product ${skuOf(unitMinor, currency)}: ${why}`);
    progress.step();
  });
  progress.stop();
  return unsellable;
};

type Price = z.infer<typeof priceSchema>;

const priceSchema = z.object({ amountMinor: z.int(), currency: z.string() });

const hasPrice = async (client: Client, sku: string, price: Price): Promise<boolean> => {
  const { body } = await client.get(`/api/catalog/${sku}`);
  const found = z.object({ price: priceSchema }).safeParse(body).data?.price;
  return found?.amountMinor === price.amountMinor && found.currency === price.currency;
};
