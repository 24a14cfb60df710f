import { createHmac, createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type CryptoKey, exportSPKI, importJWK, type JWTPayload } from 'jose';
import { logbook } from '../../execution/testing/logbook.js';
import { reject } from '../../kernel/rejection.js';
import { IssuerUnavailable } from '../../ports/token-verifier.js';
import { newKey, TestIssuer, type TokenOptions } from '../../testing/issuer.js';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys.js';
import { JwtVerifier } from './jwt-verifier.js';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('the verifier of tokens', () => {
  let issuer: TestIssuer;
  const verifiers: JwtVerifier[] = [];

  beforeEach(async () => {
    issuer = await TestIssuer.start();
  });

  afterEach(async () => {
    for (const verifier of verifiers.splice(0)) verifier.close();
    await issuer.stop();
  });

  /** No pauses: a spec does not wait for them. */
  const verifierWith = (
    rules: Partial<ConstructorParameters<typeof JwtVerifier>[0]> = {},
    options: Partial<IssuerKeysOptions> = {},
  ): JwtVerifier => {
    const { url, audience } = issuer;
    const keys = new IssuerKeys({
      ...{ issuer: url, logger: logbook().logger, cooldownMs: 0, pauseMs: 0 },
      ...options,
    });
    const verifier = new JwtVerifier(
      {
        ...{ issuer: url, audience, rolesClaim: 'roles', customerClaim: 'sub', toleranceSeconds: 5 },
        ...rules,
      },
      keys,
    );
    verifiers.push(verifier);
    return verifier;
  };
  const verdict = async (claims: JWTPayload, options: TokenOptions = {}) =>
    verifierWith().verify(await issuer.token(claims, options));
  const invalid = (detail: string) => reject('TOKEN_INVALID', detail);

  it('tells who the bearer is', async () => {
    const verifier = verifierWith();
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    const token = await issuer.token({ roles: ['customer', 'other'] }, { subject: 'cust-1', expiresIn: 100 });
    const identity = await verifier.verify(token);
    expect(identity).toStrictEqual({
      subject: 'cust-1',
      roles: ['customer', 'other'],
      customerId: 'cust-1',
      expiresAt: expect.any(Number),
    });
    expect(identity).toMatchObject({ expiresAt: expect.any(Number) });
    if ('expiresAt' in identity) expect(identity.expiresAt - before).toBeGreaterThanOrEqual(100_000);
    expect(verifier.status).toEqual({ issuer: issuer.url, keys: 'known', lastFailure: null });
  });

  it.each<[string, string, JWTPayload, readonly string[]]>([
    ['Keycloak', 'realm_access.roles', { realm_access: { roles: ['operator'] } }, ['operator']],
    ['Cognito', 'cognito:groups', { 'cognito:groups': ['service'] }, ['service']],
    ['Auth0', 'https://shop.example/roles', { 'https://shop.example/roles': ['operator'] }, ['operator']],
    ['a list in one text', 'scope', { scope: 'customer  operator' }, ['customer', 'operator']],
    ['a claim that is not there', 'a.b.c', { a: { b: 'x' } }, []],
    ['a claim that is no list', 'roles', { roles: { operator: true } }, []],
    ['a list of anything', 'roles', { roles: [1, null, 'operator', ['service']] }, ['operator']],
    ['what every object inherits', 'constructor.name', {}, []],
  ])('finds the roles of %s', async (_, rolesClaim, claims, roles) => {
    const verifier = verifierWith({ rolesClaim });
    expect(await verifier.verify(await issuer.token(claims))).toMatchObject({ roles });
  });

  it('finds the customer where the claim says', async () => {
    const verifier = verifierWith({ customerClaim: 'shop.customer' });
    expect(await verifier.verify(await issuer.token({ shop: { customer: 'c-7' } }))).toMatchObject({
      subject: 'somebody',
      customerId: 'c-7',
    });
    expect(await verifier.verify(await issuer.token({}))).toMatchObject({ customerId: undefined });
  });

  it.each<[string, TokenOptions, JWTPayload, ReturnType<typeof reject>]>([
    [
      'one that has expired',
      { expiresIn: -6 },
      {},
      reject('TOKEN_EXPIRED', 'The token has expired: get a new one from the issuer.'),
    ],
    ['one without end', { expiresIn: null }, {}, invalid('The claim exp of the token is missing.')],
    [
      'one for another audience',
      { audience: 'others' },
      {},
      invalid('The claim aud of the token is not what this service accepts.'),
    ],
    [
      'one of another issuer',
      { issuer: 'https://id.example' },
      {},
      invalid('The claim iss of the token is not what this service accepts.'),
    ],
    [
      'one that is not valid yet',
      {},
      { nbf: Math.floor(Date.now() / 1_000) + 600 },
      invalid('The claim nbf of the token is not what this service accepts.'),
    ],
  ])('refuses %s', async (_, options, claims, refusal) => {
    expect(await verdict(claims, options)).toEqual(refusal);
  });

  it('lets the clocks differ a little', async () => {
    expect(await verdict({}, { expiresIn: -1 })).toMatchObject({ subject: 'somebody' });
  });

  it('refuses a token that says it is not signed', async () => {
    const [, claims = ''] = (await issuer.token({ roles: ['operator'] })).split('.');
    const unsigned = `${base64url({ alg: 'none' })}.${claims}.`;
    expect(await verifierWith().verify(unsigned)).toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('refuses one that is signed with the public key as if it were a shared secret', async () => {
    const { publicJwk, kid } = issuer.key;
    const publicKey = await importJWK({ ...publicJwk, ext: true }, 'RS256', { extractable: true });
    const pem = await exportSPKI(publicKey as CryptoKey);
    const [, claims = ''] = (await issuer.token({ roles: ['operator'] })).split('.');
    for (const secret of [pem, createPublicKey(pem).export({ format: 'der', type: 'spki' })]) {
      const signed = `${base64url({ alg: 'HS256', kid })}.${claims}`;
      const forged = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      expect(await verifierWith().verify(forged)).toMatchObject({
        code: 'TOKEN_INVALID',
        detail: expect.stringMatching(/^The token must be signed with one of RS256, /),
      });
    }
  });

  it('refuses one that was changed, and one of a key that only claims to be the issuer’s', async () => {
    const verifier = verifierWith();
    const [header = '', , signature = ''] = (await issuer.token({ roles: ['customer'] })).split('.');
    const [, others = ''] = (await issuer.token({ roles: ['operator'] })).split('.');
    const refusal = invalid('The signature of the token is not that of the issuer.');
    expect(await verifier.verify(`${header}.${others}.${signature}`)).toEqual(refusal);
    const forged = await issuer.token({ roles: ['operator'] }, { key: await newKey(issuer.key.kid) });
    expect(await verifier.verify(forged)).toEqual(refusal);
  });

  it('takes no key that a token brings along', async () => {
    const key = await newKey('mine', 'ES256');
    const token = await issuer.token({ roles: ['operator'] }, { key });
    const [, claims = '', signature = ''] = token.split('.');
    const header = base64url({ alg: 'ES256', jwk: key.publicJwk, jku: 'https://id.example/keys' });
    expect(await verifierWith().verify(`${header}.${claims}.${signature}`)).toMatchObject({
      code: 'TOKEN_INVALID',
    });
  });

  it('refuses whatever is no token at all', async () => {
    const verifier = verifierWith();
    const part = fc.oneof(
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        expect(await verifier.verify(parts.join('.'))).toMatchObject({ code: 'TOKEN_INVALID' });
      }),
    );
  });

  it('fetches the keys once, and again for one it does not know: the issuer may have a new one', async () => {
    const verifier = verifierWith();
    const old = await issuer.token({});
    await verifier.verify(old);
    await verifier.verify(old);
    expect(issuer.fetches).toBe(1);
    await issuer.rotate('two');
    expect(await verifier.verify(await issuer.token({}))).toMatchObject({ subject: 'somebody' });
    expect(issuer.fetches).toBe(2);
    expect(await verifier.verify(old)).toEqual(
      invalid('The token is not signed with one of the keys of the issuer.'),
    );
  });

  it('accepts a key that was withdrawn until it fetches the keys anew, as it does now and then', async () => {
    const { url, audience } = issuer;
    const keys = new IssuerKeys({ issuer: url, logger: logbook().logger, cooldownMs: 60_000 });
    const rules = { issuer: url, audience, rolesClaim: 'roles', customerClaim: 'sub', toleranceSeconds: 5 };
    const verifier = new JwtVerifier(rules, keys);
    verifiers.push(verifier);
    const old = await issuer.token({});
    await verifier.verify(old);
    await issuer.rotate('two');
    expect(await verifier.verify(old)).toMatchObject({ subject: 'somebody' });
    await keys.refresh();
    expect(await verifier.verify(old)).toMatchObject({ code: 'TOKEN_INVALID' });
    expect(await verifier.verify(await issuer.token({}))).toMatchObject({ subject: 'somebody' });
  });

  it('does not fetch them for every key that it is told of', async () => {
    const verifier = verifierWith({}, { cooldownMs: 60_000 });
    for (const kid of ['a', 'b', 'c']) {
      expect(
        await verifier.verify(await issuer.token({}, { key: await newKey(kid, 'ES256') })),
      ).toMatchObject({
        code: 'TOKEN_INVALID',
      });
    }
    expect(issuer.fetches).toBe(1);
  });

  it('cannot tell while the issuer does not answer, and can as soon as it does', async () => {
    const verifier = verifierWith();
    const token = await issuer.token({});
    issuer.isBroken = true;
    await expect(verifier.verify(token)).rejects.toThrow(IssuerUnavailable);
    expect(verifier.status).toEqual({
      issuer: issuer.url,
      keys: 'missing',
      lastFailure: `${issuer.url}/.well-known/openid-configuration answers 503.`,
    });
    issuer.isBroken = false;
    expect(await verifier.verify(token)).toMatchObject({ subject: 'somebody' });
    expect(verifier.status).toEqual({ issuer: issuer.url, keys: 'known', lastFailure: null });
  });

  it('goes on with the keys it has while the issuer is away', async () => {
    const verifier = verifierWith();
    const token = await issuer.token({});
    await verifier.verify(token);
    issuer.isBroken = true;
    expect(await verifier.verify(token)).toMatchObject({ subject: 'somebody' });
    const unknown = await issuer.token({}, { key: await newKey('two', 'ES256') });
    await expect(verifier.verify(unknown)).rejects.toThrow(IssuerUnavailable);
  });

  it('leaves an issuer that is away alone for a while', async () => {
    const verifier = verifierWith({}, { pauseMs: 60_000 });
    const token = await issuer.token({});
    issuer.isBroken = true;
    await expect(verifier.verify(token)).rejects.toMatchObject({ retryAfterSeconds: 60 });
    issuer.isBroken = false;
    await expect(verifier.verify(token)).rejects.toThrow(IssuerUnavailable);
    expect(issuer.fetches).toBe(0);
  });

  it('trusts no discovery document that speaks of another issuer', async () => {
    const address = `${issuer.url}/`;
    const verifier = verifierWith({ issuer: address }, { issuer: address });
    await expect(verifier.verify(await issuer.token({}))).rejects.toThrow(IssuerUnavailable);
    expect(verifier.status.lastFailure).toBe(
      `${issuer.url}/.well-known/openid-configuration speaks of the issuer ${issuer.url}, not of OIDC_ISSUER=${address}.`,
    );
  });

  it('can be told where the keys are', async () => {
    const verifier = verifierWith(
      { issuer: 'urn:shop' },
      { issuer: 'urn:shop', jwksUrl: `${issuer.url}/keys` },
    );
    expect(await verifier.verify(await issuer.token({}, { issuer: 'urn:shop' }))).toMatchObject({
      subject: 'somebody',
    });
  });
});
