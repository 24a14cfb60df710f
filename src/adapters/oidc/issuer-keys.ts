import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';
import { type Logger } from '../../ports/logger.js';
import { IssuerUnavailable } from '../../ports/token-verifier.js';

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Default: what the issuer's discovery document says. */
  readonly jwksUrl?: string | undefined;
  readonly logger: Logger;
  /** Between two fetches because of a key that is not known. Default 30 s. */
  readonly cooldownMs?: number;
  /** Before an issuer that has not answered is asked again. Default 5 s. */
  readonly pauseMs?: number;
  /** How often the keys are fetched anew, so that one that was withdrawn is not accepted for long. Default 5 min. */
  readonly refreshMs?: number;
}

/** How long keys serve when the issuer has not answered since: an issuer that is away stops nobody for a day. */
const longestMs = 24 * 60 * 60_000;
const timeoutMs = 5_000;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** The public keys of an issuer: fetched when first wanted, when a token names one that is not known, and now and then. */
export class IssuerKeys {
  lastFailure: string | null = null;
  private retryAt = 0;
  private readonly timer: NodeJS.Timeout;
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;

  constructor(private readonly options: IssuerKeysOptions) {
    const { issuer, jwksUrl, cooldownMs = 30_000, refreshMs = 300_000 } = options;
    this.remote = createRemoteJWKSet(new URL(jwksUrl ?? issuer), {
      [customFetch]: this.fetch,
      cooldownDuration: cooldownMs,
      timeoutDuration: timeoutMs,
      cacheMaxAge: longestMs,
    });
    this.timer = setInterval(() => void this.refresh(), refreshMs).unref();
  }

  get known(): boolean {
    return this.remote.fresh;
  }

  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    try {
      return await this.remote(header, token);
    } catch (error) {
      if (isOfToken(error) || error instanceof IssuerUnavailable) throw error;
      throw this.unavailable(error);
    }
  };

  /** What fails is in `lastFailure` and in the log; the keys that are known stay. */
  async refresh(): Promise<void> {
    await this.remote.reload().catch(() => undefined);
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** An issuer that is away is not asked for every request. */
  private readonly fetch: FetchImplementation = async (_, init) => {
    if (Date.now() < this.retryAt) throw this.unavailable(this.lastFailure);
    try {
      const url = this.options.jwksUrl ?? (await this.discovered(init.signal));
      const keys = keySet.parse(await read(url, init.signal));
      this.lastFailure = null;
      return Response.json(keys);
    } catch (error) {
      const { issuer, logger, pauseMs = 5_000 } = this.options;
      this.retryAt = Date.now() + pauseMs;
      this.lastFailure = reasonOf(error);
      logger.warn({ err: error, issuer, keys: this.known ? 'known' : 'missing' }, 'No keys from the issuer');
      throw this.unavailable(error);
    }
  };

  private async discovered(signal: AbortSignal): Promise<string> {
    const { issuer } = this.options;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = discovery.parse(await read(url, signal));
    if (document.issuer === issuer) return document.jwks_uri;
    throw new Error(`${url} speaks of the issuer ${document.issuer}, not of OIDC_ISSUER=${issuer}.`);
  }

  private unavailable(cause: unknown): IssuerUnavailable {
    const seconds = Math.max(1, Math.ceil((this.retryAt - Date.now()) / 1_000));
    return new IssuerUnavailable(
      'Tokens cannot be checked at present: the issuer of tokens does not give its keys. Send the request again later.',
      seconds,
      cause,
    );
  }
}

const read = async (url: string, signal: AbortSignal): Promise<unknown> => {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (response.ok) return response.json();
  throw new Error(`${url} answers ${response.status}.`);
};

const isOfToken = (error: unknown): boolean =>
  [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported].some(
    (kind) => error instanceof kind,
  );

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
};
