import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Site } from './program.js';
import { Shop } from './shop.js';
import { until } from '../until.js';

describe('A flash sale', () => {
  let site: Site;
  let shop: Shop;

  beforeAll(async () => {
    site = await Site.open();
    shop = new Shop((await site.start()).http);
  });

  afterAll(() => site.clean());

  it('sells 500 units to exactly 500 of 2,000 who want one', async () => {
    const sku = await shop.stocked('HOT', 500);

    const replies = await Promise.all(
      Array.from({ length: 2_000 }, (_, n) => shop.send({ [sku]: 1 }, { customerId: `cust-${n}` })),
    );
    expect(replies.filter(({ status }) => status !== 201)).toEqual([]);

    const orders = await until('the end of all orders', async () => {
      const all = await shop.all();
      return all.length === 2_000 && all.every(({ status }) => status.lifecycle !== 'placed')
        ? all
        : undefined;
    });
    const counts = new Map<string, number>();
    for (const { status, reason } of orders) {
      const end = `${status.lifecycle} ${reason?.code ?? ''}`;
      counts.set(end, (counts.get(end) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ 'confirmed ': 500, 'rejected OUT_OF_STOCK': 1_500 });
    await shop.untilStock(sku, 500, 500);
  });
});
