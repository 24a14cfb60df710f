import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export const newKey = async (kid: string, algorithm = 'RS256'): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { kid, algorithm, privateKey, publicJwk };
};

export interface TokenOptions {
  readonly key?: SigningKey;
  readonly issuer?: string;
  readonly audience?: string;
  readonly subject?: string;
  /** Seconds from now; null: it says none. */
  readonly expiresIn?: number | null;
}

/** An issuer of tokens of the spec's own, with all that it can do wrong. */
export class TestIssuer {
  readonly audience = 'orders';
  /** How often its keys were fetched. */
  fetches = 0;
  /** It answers 503. */
  isBroken = false;

  private constructor(
    private readonly server: Server,
    private keys: readonly SigningKey[],
  ) {}

  static async start(port = 0): Promise<TestIssuer> {
    const server = createServer();
    const issuer = new TestIssuer(server, [await newKey('one')]);
    server.on('request', ({ url }, response) => {
      const body = issuer.answer(url);
      response.writeHead(body === undefined ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return issuer;
  }

  get url(): string {
    // A server that listens on a port has such an address.
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/realms/shop`;
  }

  /** It signs with another key from now on, and forgets the one before. */
  async rotate(kid: string): Promise<void> {
    this.keys = [await newKey(kid)];
  }

  get key(): SigningKey {
    const [key] = this.keys;
    if (key === undefined) throw new Error('The issuer has no key.');
    return key;
  }

  token(claims: JWTPayload, options: TokenOptions = {}): Promise<string> {
    const { key = this.key, issuer = this.url, audience = this.audience, subject = 'somebody' } = options;
    const { expiresIn = 600 } = options;
    const now = Math.floor(Date.now() / 1_000);
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: key.algorithm, kid: key.kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(now);
    return (expiresIn === null ? token : token.setExpirationTime(now + expiresIn)).sign(key.privateKey);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer(url: string | undefined): object | undefined {
    if (this.isBroken) return undefined;
    if (url === '/realms/shop/.well-known/openid-configuration') {
      return { issuer: this.url, jwks_uri: `${this.url}/keys` };
    }
    if (url !== '/realms/shop/keys') return undefined;
    this.fetches += 1;
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }
}
