import { afterEach, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { until } from '../until.js';
import { cli } from './cli.js';
import { addresses, enginesGiven, type Settings } from './engines.js';
import { read } from './http-client.js';
import { Site } from './program.js';
import { Shop } from './shop.js';
import { allEvents } from './stored.js';

const missing = addresses.filter((name) => enginesGiven[name] === undefined);
if (missing.length > 0) throw new Error(`${missing.join(', ')} must be set: make test-stack sets them.`);

const only = (are: (name: string) => boolean): Settings =>
  Object.fromEntries(Object.entries(enginesGiven).filter(([name]) => are(name)));

const mixtures = addresses.flatMap((name) => [
  { title: `${name} alone`, engines: only((each) => each === name) },
  { title: `all but ${name}`, engines: only((each) => each !== name) },
]);

describe('Engines of both kinds', () => {
  let site: Site;
  afterEach(() => site.clean());

  it.each(mixtures)('work together: $title', async ({ engines }) => {
    site = await Site.open({ engines });
    const program = await site.start();
    const { http } = program;
    const shop = new Shop(http);
    const notifications = async (orderId: string) =>
      read(contract.notifications, await http.get(`/api/notifications?orderId=${orderId}`), 200)
        .items.map(({ template, status }) => `${template} ${status}`)
        .toSorted();

    await shop.stocked('MIXED', 10);
    const contact = { name: 'Ada Lovelace', email: 'ada@example.com' };
    const [kept, given] = await Promise.all([
      shop.place({ MIXED: 2 }, { contact }),
      shop.place({ MIXED: 3 }, { contact }),
    ]);
    expect((await shop.ended(kept.orderId)).status.lifecycle).toBe('confirmed');
    expect((await shop.ended(given.orderId)).status.lifecycle).toBe('confirmed');
    expect((await http.post(`/api/orders/${given.orderId}/cancel`, {})).status).toBe(202);
    await until('the cancellation', async () => {
      const found = await shop.find(given.orderId);
      return found?.status.lifecycle === 'cancelled' || undefined;
    });
    await shop.untilStock('MIXED', 10, 2);
    await shop.untilPayment(kept.paymentId, 'authorised');
    await shop.untilPayment(given.paymentId, 'voided');
    await until('five notifications', async () => {
      const all = [...(await notifications(kept.orderId)), ...(await notifications(given.orderId))];
      return all.length === 5 || undefined;
    });
    expect(await notifications(kept.orderId)).toEqual(['order-confirmed sent', 'order-placed sent']);
    expect(await notifications(given.orderId)).toEqual([
      'order-cancelled sent',
      'order-confirmed sent',
      'order-placed sent',
    ]);

    const platform = await site.platform();
    try {
      await until('everything to be published', async () => {
        const published = await platform.messageLog.checkpoint('bridge');
        return published === (await platform.eventStore.head()) || undefined;
      });
      expect(await program.stop()).toBe(0);
      const { length } = await allEvents(platform.eventStore);
      const verified = await cli('bridge', ['verify', '--json'], site.settings);
      expect(verified).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(verified.stdout)).toMatchObject({ events: length, records: length, findings: [] });
    } finally {
      await platform.close();
    }
    expect(await cli('projections', ['verify'], site.settings)).toMatchObject({ code: 0 });
  });
});
