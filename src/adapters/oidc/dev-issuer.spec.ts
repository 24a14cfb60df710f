import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DevIssuer, DevIssuerKeyUnusable } from './dev-issuer.js';
import { JwtVerifier } from './jwt-verifier.js';

const issuer = 'http://127.0.0.1:8080/dev-issuer';
const rules = { issuer, audience: 'orders', rolesClaim: 'roles', customerClaim: 'sub', toleranceSeconds: 5 };
const request = { subject: 'cust-1', roles: ['customer'], audience: 'orders', ttlSeconds: 60 };

describe('the development issuer', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dev-issuer-'));
    file = join(folder, 'dev-issuer.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('keeps its key for its owner alone, and signs with it what it accepts, whichever process opened it', async () => {
    const [one, other] = await Promise.all([DevIssuer.open(folder, issuer), DevIssuer.open(folder, issuer)]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(other.jwks).toEqual(one.jwks);
    const verifier = new JwtVerifier(rules, (await DevIssuer.open(folder, issuer)).keys);
    expect(await verifier.verify(await one.mint(request))).toMatchObject({
      subject: 'cust-1',
      roles: ['customer'],
      customerId: 'cust-1',
    });
  });

  it('tells others the public half alone', async () => {
    const { jwks, discovery } = await DevIssuer.open(folder, issuer);
    const { d: _, ...half } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    expect(jwks).toEqual({ keys: [{ ...half, use: 'sig' }] });
    expect(discovery).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks.json` });
  });

  it('uses no key that others can read, and nothing that is no key', async () => {
    await DevIssuer.open(folder, issuer);
    await chmod(file, 0o644);
    await expect(DevIssuer.open(folder, issuer)).rejects.toEqual(
      new DevIssuerKeyUnusable(file, 'DEV_KEY_TOO_OPEN'),
    );
    await chmod(file, 0o600);
    await writeFile(file, '{"kty":');
    await expect(DevIssuer.open(folder, issuer)).rejects.toEqual(
      new DevIssuerKeyUnusable(file, 'NOT_A_DEV_KEY'),
    );
  });
});
