import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Site } from './program.js';
import { Shop } from './shop.js';
import { until } from '../until.js';

/** Real engines share the machine with the program. */
const [buyers, units] = Site.isEmbedded ? [2_000, 500] : [400, 100];

/** To read all orders is much work, and the sale is what is to be tried. */
const seldomMs = 500;

describe('A flash sale', () => {
  let site: Site;
  let shop: Shop;

  beforeAll(async () => {
    site = await Site.open();
    // Whoever buys last waits for the payments of all others.
    shop = new Shop((await site.start({ AUTHORISATION_TIMEOUT_SECONDS: '600' })).http);
  });

  afterAll(() => site.clean());

  it(`sells ${units} units to exactly ${units} of ${buyers} who want one`, async () => {
    const sku = await shop.stocked('HOT', units);

    const replies = await Promise.all(
      Array.from({ length: buyers }, (_, n) => shop.send({ [sku]: 1 }, { customerId: `cust-${n}` })),
    );
    expect(replies.filter(({ status }) => status !== 201)).toEqual([]);

    const orders = await until(
      'the end of all orders',
      async () => {
        const all = await shop.all();
        return all.length === buyers && all.every(({ status }) => status.lifecycle !== 'placed')
          ? all
          : undefined;
      },
      seldomMs,
    );
    const counts = new Map<string, number>();
    for (const { status, reason } of orders) {
      const end = `${status.lifecycle} ${reason?.code ?? ''}`;
      counts.set(end, (counts.get(end) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({
      'confirmed ': units,
      'rejected OUT_OF_STOCK': buyers - units,
    });
    await shop.untilStock(sku, units, units);
  });
});
