import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeShop } from '../../testing/e2e/fake-shop.js';
import { replay, type ReplayOptions } from './run.js';

const purchases = ['anna,1997-01-01,1,11.77', 'ben,1997-01-12,3,10.00', 'cleo,1997-01-12,2,0.00'];
const csv = (...lines: readonly string[]): string =>
  ['customer,date,quantity,amount', ...lines].map((line) => `${line}\n`).join('');
const many = (count: number): string =>
  csv(...Array.from({ length: count }, (_, n) => `c${n},1997-01-01,${(n % 3) + 1},${n % 7}.01`));

describe('A replay', () => {
  let shop: FakeShop;
  let folder: string;

  beforeEach(async () => {
    shop = new FakeShop();
    await shop.start();
    folder = await mkdtemp(join(tmpdir(), 'replay-'));
  });

  afterEach(async () => {
    await shop.kill();
    await rm(folder, { recursive: true });
  });

  const run = async (
    content: string | Buffer,
    options: Partial<ReplayOptions> = {},
    signal = new AbortController().signal,
  ) => {
    const file = join(folder, 'orders.csv');
    await writeFile(file, content);
    let result = '';
    let progress = '';
    const code = await replay(
      { file, url: shop.url, clients: 4, limit: Infinity, currency: 'USD', patienceMs: 5_000, ...options },
      {
        result: { write: (text) => (result += text) },
        progress: { write: (text) => (progress += text) },
      },
      signal,
    );
    return { code, result, progress };
  };

  it('places every purchase and finds the views equal to the file', async () => {
    const { code, result } = await run(csv(...purchases));

    expect(result.split('\n').slice(0, 6).join('\n')).toBe(
      [
        '                          file             views        difference',
        'orders                       3                 3                 0',
        'units                        6                 6                 0',
        'revenue USD              21.77             21.77              0.00',
        '',
        '3 confirmed',
      ].join('\n'),
    );
    expect(code).toBe(0);
    expect(Object.fromEntries(shop.stock)).toEqual({
      'UNIT-USD-1177': 0,
      'UNIT-USD-333': 0,
      'UNIT-USD-334': 0,
      'UNIT-USD-0': 0,
    });
  });

  it('brings the token that it is given, and none when it is given none', async () => {
    await run(csv(...purchases), { token: 'a.b.c' });
    expect([...shop.authorizations]).toEqual(['Bearer a.b.c']);
    shop.authorizations.clear();
    await run(csv(...purchases));
    expect([...shop.authorizations]).toEqual([undefined]);
  });

  it('changes nothing when it is run again', async () => {
    await run(csv(...purchases));
    const again = await run(csv(...purchases));

    expect(again.code).toBe(0);
    expect(shop.orders).toHaveLength(3);
    expect(shop.stock.get('UNIT-USD-1177')).toBe(0);
  });

  it('stocks for the whole file, however few purchases it may place', async () => {
    const limited = await run(csv(...purchases, 'dora,1997-01-12,4,47.08'), { limit: 1 });
    expect(limited.code).toBe(0);
    expect(Object.fromEntries(shop.stock)).toEqual({ 'UNIT-USD-1177': 4 });

    const whole = await run(csv(...purchases, 'dora,1997-01-12,4,47.08'));
    expect(whole.code).toBe(0);
    expect(shop.orders).toHaveLength(4);
    expect(shop.stock.get('UNIT-USD-1177')).toBe(0);
  });

  it('shares products with other files', async () => {
    await run(csv('anna,1997-01-01,1,11.77'));
    expect((await run(csv('ben,1997-01-01,2,23.54'))).code).toBe(0);
    expect(shop.orders).toHaveLength(2);
  });

  it('accepts a product that exists at the same price, and refuses its lines at another price', async () => {
    shop.prices.set('UNIT-USD-1177', { amountMinor: 1177, currency: 'USD' });
    shop.prices.set('UNIT-USD-5', { amountMinor: 6, currency: 'USD' });
    const { code, progress } = await run(csv(...purchases, 'dora,1997-01-12,1,0.05'));

    expect(progress).toContain('line 5: refused, no product UNIT-USD-5: 409 PRODUCT_EXISTS');
    expect(shop.orders).toHaveLength(3);
    expect(code).toBe(1);
  });

  it('reports unreadable lines by number and goes on', async () => {
    const { code, result, progress } = await run(csv('anna,1997-01-01,one,11.77', '', ...purchases, 'x'));

    expect(progress).toContain('line 2: unreadable, quantity "one"');
    expect(progress).toContain('line 7: unreadable, 1 columns');
    expect(result).toContain('3 confirmed, 2 unreadable lines');
    expect(code).toBe(0);
  });

  it('reads byte order mark, CRLF and a last line without an end', async () => {
    const { code } = await run(
      `\uFEFF${csv(...purchases)
        .trimEnd()
        .replaceAll('\n', '\r\n')}`,
    );
    expect(code).toBe(0);
    expect(shop.orders).toHaveLength(3);
  });

  it('does not keep an endless line in memory', async () => {
    const { progress } = await run(`${csv('anna,1997-01-01,1,11.77')}${'x'.repeat(1_000_000)}\n`);
    expect(progress).toContain('line 3: unreadable, longer than');
  });

  it('reports a refused line by number, and the difference', async () => {
    shop.refused = 'ben';
    const { code, result, progress } = await run(csv(...purchases));

    expect(progress).toContain('line 3: refused, 422 UNKNOWN_CUSTOMER: No.');
    expect(result).toContain('21.77             11.77            -10.00');
    expect(result).toContain('2 confirmed, 1 refused');
    expect(code).toBe(1);
  });

  it('does not count a rejected order as revenue', async () => {
    shop.rejected = 'anna';
    const { code, result } = await run(csv(...purchases));
    expect(result).toContain('2 confirmed, 1 rejected PAYMENT_DECLINED');
    expect(code).toBe(1);
  });

  it('loses and doubles nothing when connections break and the system is overloaded', async () => {
    shop.loseEvery = 5;
    shop.overloadedEvery = 7;
    const { code } = await run(many(40));
    expect(code).toBe(0);
    expect(shop.orders).toHaveLength(40);
  });

  it('waits for a system that is killed and comes back', async () => {
    let placed = 0;
    shop.onOrder = () => {
      placed += 1;
      if (placed === 20) setImmediate(() => void shop.kill().then(() => shop.start()));
    };
    const { code } = await run(many(60));
    expect(code).toBe(0);
    expect(shop.orders).toHaveLength(60);
  });

  it('can be interrupted and run again', async () => {
    const interruption = new AbortController();
    shop.onOrder = () => {
      if (shop.orders.length === 20) interruption.abort();
    };
    const interrupted = await run(many(60), {}, interruption.signal);
    expect(interrupted.code).toBe(130);
    expect(interrupted.progress).toContain('Interrupted.');

    shop.onOrder = () => undefined;
    expect((await run(many(60))).code).toBe(0);
    expect(shop.orders).toHaveLength(60);
  });

  it('gives up on a system that stays away, in a sentence', async () => {
    const { url } = shop;
    await shop.kill();
    const { code, progress } = await run(csv(...purchases), { url, patienceMs: 300 });
    expect(progress).toContain('could not be reached');
    expect(progress).toContain('ECONNREFUSED');
    expect(code).toBe(1);
    await shop.start();
  });

  it.each([
    ['', 'is empty'],
    ['anna,1997-01-01,1,11.77\n', 'the first line must be "customer,date,quantity,amount"'],
    [csv(), 'no purchase'],
    [csv('x'), 'no purchase'],
    [Buffer.from([0, 255, 254, 7]), 'the first line must be'],
  ])('%# has nothing to replay and says so', async (content, why) => {
    const { code, progress } = await run(content);
    expect(progress).toContain(why);
    expect(code).toBe(2);
  });

  it.each([
    ['/nowhere/orders.csv', 'cannot be read'],
    [tmpdir(), 'is not a file'],
  ])('refuses the file %s', async (file, why) => {
    const { code, progress } = await run('', { file });
    expect(progress).toContain(why);
    expect(code).toBe(2);
  });
});
