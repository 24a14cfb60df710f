import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as contract from '../../http/contract.js';
import { TestIssuer } from '../issuer.js';
import { cli } from './cli.js';
import { read } from './http-client.js';
import { type Program, Site } from './program.js';

const steps = (stdout: string): readonly string[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/ \(\d+ ms\)$/, '').replace(/order [0-9a-f-]{36}/, 'order …'));

describe('The smoke test', () => {
  let site: Site;
  let program: Program;

  beforeEach(async () => {
    site = await Site.open();
    program = await site.start();
  });

  afterEach(() => site.clean());

  const smoke = (...more: readonly string[]) => cli('smoke', ['--url', program.http.url, ...more]);

  it('places an order and takes it back, as often as it is run, and leaves nothing in the catalogue', async () => {
    for (const round of [1, 2]) {
      const { code, stdout, stderr } = await smoke();
      expect({ round, code, stderr, steps: steps(stdout) }).toStrictEqual({
        ...{ round, code: 0, stderr: '' },
        steps: [
          ...['ok    a product to sell', 'ok    stock', 'ok    an order', 'ok    the order … is confirmed'],
          ...['ok    it is cancelled', 'ok    the cancellation is done', 'ok    its money is given back'],
          ...['ok    its stock is given back', 'ok    the product is hidden again'],
          `${program.http.url} takes orders.`,
        ],
      });
    }
    const stock = read(contract.stock, await program.http.get('/api/inventory/SMOKE-TEST'), 200);
    expect(stock).toStrictEqual({ sku: 'SMOKE-TEST', onHand: 1, reserved: 0, available: 1 });
    expect(read(contract.catalog, await program.http.get('/api/catalog'), 200).items).toStrictEqual([]);
  });

  it('says which step is not as it should be', async () => {
    await program.http.post('/api/products', { sku: 'SMOKE-TEST', name: 'Smoke test' });
    await program.http.post('/api/products/SMOKE-TEST/discontinue');
    const { code, stdout, stderr } = await smoke();
    expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^NOT {3}a product to sell: POST \/api\/products was answered 422: .*PRODUCT_DISCONTINUED/,
    );
    expect(stderr).toContain(`${program.http.url} does not take orders as it should.`);
  });

  it('waits for who is not there yet, but not for ever', async () => {
    program.signal('SIGTERM');
    await program.ended();
    const { code, stderr } = await smoke('--patience', '1');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^again POST \/api\/products has no answer: .*ECONNREFUSED/);
    expect(stderr).toMatch(/^NOT {3}a product to sell: POST \/api\/products has no answer/m);
  });
});

describe('The command line of the smoke test', () => {
  it.each([
    [[], '--url is missing'],
    [['--url', 'shop.example'], '--url shop.example is not an address'],
    [['--url', 'http://shop.example', '--patience', 'long'], '--patience long is not a number of seconds'],
  ])('refuses %j', async (args, why) => {
    const { code, stderr } = await cli('smoke', args);
    expect({ code, stderr }).toStrictEqual({ code: 2, stderr: expect.stringContaining(why) });
  });
});

describe('The smoke test of an API that asks who it is', () => {
  it('needs a token, and says so', async () => {
    const [site, issuer] = await Promise.all([Site.open(), TestIssuer.start()]);
    try {
      const program = await site.program({
        OIDC_ISSUER: issuer.url,
        OIDC_AUDIENCE: issuer.audience,
        OIDC_ROLES_CLAIM: 'realm_access.roles',
      });
      const token = (role: string): Promise<string> =>
        issuer.token({ realm_access: { roles: [role] } }, { subject: 'pipeline' });
      await program.start(program.http.bearing(await token('operator')));
      const args = ['--url', program.http.url];
      expect(await cli('smoke', args)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('POST /api/products was answered 401'),
      });
      expect(await cli('smoke', args, { SMOKE_TOKEN: await token('service') })).toMatchObject({
        code: 0,
        stderr: '',
      });
    } finally {
      await Promise.all([site.clean(), issuer.stop()]);
    }
  });
});
