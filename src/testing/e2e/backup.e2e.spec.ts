import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { cli } from './cli.js';
import { read } from './http-client.js';
import { OrderLoad } from './order-load.js';
import { Site } from './program.js';
import { Shop } from './shop.js';

const contact = { name: 'Ada Countess', email: 'ada@example.com' };

/** The real engines have backups of their own. */
const describeEmbedded = Site.isEmbedded ? describe : describe.skip;

describeEmbedded('A backup', () => {
  let site: Site;
  let restored: Site;
  let folder: string;

  beforeEach(async () => {
    [site, restored] = await Promise.all([Site.open(), Site.open()]);
    folder = join(await mkdtemp(join(tmpdir(), 'backup-')), 'new');
  });

  afterEach(async () => {
    await Promise.all([site.clean(), restored.clean()]);
    await rm(join(folder, '..'), { recursive: true });
  });

  it('that is made under load has every order that was acknowledged before, and they end where it is restored', async () => {
    const program = await site.start();
    const shop = new Shop(program.http);
    const sku = await shop.stocked('COPY', 1_000_000);
    const withContact = read(contract.order, await shop.send({ [sku]: 1 }, { contact }), 201);
    const load = new OrderLoad(shop, sku);
    await load.more(20);
    const before = [withContact.orderId, ...load.acknowledged];
    const made = await cli('backup', [folder], site.settings);
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ events are in .*store\.db\. .*keys\.db opens/),
    });
    expect((await readdir(folder)).toSorted()).toEqual(['keys.db', 'store.db']);
    expect((await stat(join(folder, 'keys.db'))).mode & 0o077).toBe(0);
    await load.more(5);
    await load.end();
    await program.kill();

    await cp(folder, restored.dataDir, { recursive: true });
    const again = await restored.start({ CONSISTENCY_TIMEOUT_MS: Site.patienceMs });
    const there = new Shop(again.http);
    for (const orderId of before) expect((await there.ended(orderId)).status.lifecycle).toBe('confirmed');
    const { orderId } = withContact;
    expect(read(contract.orderDetails, await again.http.get(`/api/orders/${orderId}`), 200)).toMatchObject({
      contact,
    });
    expect(await cli('bridge', ['verify'], restored.settings)).toMatchObject({ code: 0 });
    expect(await cli('projections', ['verify'], restored.settings)).toMatchObject({ code: 0 });
    expect(await again.stop()).toBe(0);
  });

  it('is refused where something is, and where there is no store', async () => {
    await site.start();
    expect(await cli('backup', [site.dataDir], site.settings)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${site.dataDir} is not empty.`),
    });
    expect(await cli('backup', [folder], restored.settings)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no store in DATA_DIR='),
    });
    expect(await cli('backup', [], site.settings)).toMatchObject({ code: 2 });
  });
});
