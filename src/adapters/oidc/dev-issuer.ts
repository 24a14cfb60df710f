import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { type KeySource } from './jwt-verifier.js';

export interface TokenRequest {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly audience: string;
  readonly ttlSeconds: number;
}

const algorithm = 'ES256';

const storedKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
  alg: z.literal(algorithm),
});

/** Others than the owner may read the key, or it is none: with it anybody is an operator. */
export class DevIssuerKeyUnusable extends Error {
  constructor(
    readonly file: string,
    readonly code: 'DEV_KEY_TOO_OPEN' | 'NOT_A_DEV_KEY',
  ) {
    super(`${file}: ${code}`);
    this.name = 'DevIssuerKeyUnusable';
  }
}

/** An issuer of tokens for trying things out: whoever may read the folder may be anybody. */
export class DevIssuer {
  private constructor(
    readonly issuer: string,
    private readonly key: z.infer<typeof storedKey>,
  ) {}

  /** With the key in the folder, which is made when there is none. @throws DevIssuerKeyUnusable */
  static async open(folder: string, issuer: string): Promise<DevIssuer> {
    const file = join(folder, 'dev-issuer.json');
    return new DevIssuer(issuer, (await keyIn(file)) ?? (await newKeyIn(folder, file)));
  }

  /** What it would serve at its `jwks_uri`. */
  get jwks(): JSONWebKeySet {
    const { d: _, ...publicKey } = this.key;
    return { keys: [{ ...publicKey, use: 'sig' }] };
  }

  get discovery(): object {
    const { issuer } = this;
    return {
      issuer,
      jwks_uri: `${issuer}/jwks.json`,
      id_token_signing_alg_values_supported: [algorithm],
      subject_types_supported: ['public'],
      response_types_supported: [],
    };
  }

  get keys(): KeySource {
    return {
      keyFor: createLocalJWKSet(this.jwks),
      known: true,
      lastFailure: null,
      close: () => undefined,
    };
  }

  async mint({ subject, roles, audience, ttlSeconds }: TokenRequest): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ roles: [...roles] })
      .setProtectedHeader({ alg: algorithm, kid: this.key.kid, typ: 'at+jwt' })
      .setIssuer(this.issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + ttlSeconds)
      .setJti(randomUUID())
      .sign(await importJWK(this.key, algorithm));
  }
}

const keyIn = async (file: string): Promise<z.infer<typeof storedKey> | undefined> => {
  const found = await stat(file).catch((error: unknown) => {
    if (isCoded(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if ((found.mode & 0o077) !== 0) throw new DevIssuerKeyUnusable(file, 'DEV_KEY_TOO_OPEN');
  const key = storedKey.safeParse(jsonOf(await readFile(file, 'utf8')));
  if (!key.success) throw new DevIssuerKeyUnusable(file, 'NOT_A_DEV_KEY');
  return key.data;
};

const newKeyIn = async (folder: string, file: string): Promise<z.infer<typeof storedKey>> => {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk: JWK = await exportJWK(privateKey);
  const key = storedKey.parse({ ...jwk, kid: randomUUID(), alg: algorithm });
  await mkdir(folder, { recursive: true });
  const whole = `${file}.${key.kid}`;
  await writeFile(whole, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
  try {
    await link(whole, file);
    return key;
  } catch (error) {
    // Another process was first: that one's counts.
    const theirs = isCoded(error, 'EEXIST') ? await keyIn(file) : undefined;
    if (theirs !== undefined) return theirs;
    throw error;
  } finally {
    await unlink(whole);
  }
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isCoded = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
