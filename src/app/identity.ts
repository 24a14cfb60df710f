import { isIP } from 'node:net';
import { type FastifyInstance } from 'fastify';
import { DevIssuer, DevIssuerKeyUnusable } from '../adapters/oidc/dev-issuer.js';
import { IssuerKeys } from '../adapters/oidc/issuer-keys.js';
import { JwtVerifier } from '../adapters/oidc/jwt-verifier.js';
import { type Logger } from '../ports/logger.js';
import { type TokenVerifier } from '../ports/token-verifier.js';
import { CannotStart, openingStore, orExplain } from './cannot-start.js';
import { type Config, isProduction } from './config.js';

/** Who says who is who, and what the program serves for it. */
export interface Identities {
  /** undefined: nobody is asked who he is. */
  readonly verifier: TokenVerifier | undefined;
  /** Of the program itself, for development. */
  readonly devIssuer: DevIssuer | undefined;
}

const devPath = '/dev-issuer';
export const devAudience = 'order-processing';

/** @throws CannotStart when the API would be open where it must not be. */
export const openIdentities = async (config: Config, logger: Logger): Promise<Identities> => {
  if (!config.ROLES.includes('api')) return { verifier: undefined, devIssuer: undefined };
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience = devAudience, HOST } = config;
  const toleranceSeconds = config.OIDC_CLOCK_TOLERANCE_SECONDS;
  if (issuer !== undefined) {
    const keys = new IssuerKeys({ issuer, jwksUrl: config.OIDC_JWKS_URL, logger });
    // Not waited for: the program starts without its issuer too, and readiness says so.
    void keys.refresh();
    const { OIDC_ROLES_CLAIM: rolesClaim, OIDC_CUSTOMER_CLAIM: customerClaim } = config;
    const rules = { issuer, audience, rolesClaim, customerClaim, toleranceSeconds };
    return { verifier: new JwtVerifier(rules, keys), devIssuer: undefined };
  }
  if (config.DEV_ISSUER) {
    const devIssuer = await openDevIssuer(config);
    const rules = {
      issuer: devIssuer.issuer,
      audience,
      rolesClaim: 'roles',
      customerClaim: 'sub',
      toleranceSeconds,
    };
    logger.warn(
      { issuer: devIssuer.issuer },
      'Tokens of the development issuer are accepted: not for production',
    );
    return { verifier: new JwtVerifier(rules, devIssuer.keys), devIssuer };
  }
  if (isProduction(config)) {
    throw new CannotStart(
      'With NODE_ENV=production the role api needs an issuer of tokens: set OIDC_ISSUER and OIDC_AUDIENCE ' +
        '(see docs/operations.md, Access control).',
      undefined,
    );
  }
  const text =
    'No issuer of tokens is configured (OIDC_ISSUER, or DEV_ISSUER=true): nobody is asked who he is';
  if (isLoopback(HOST)) logger.info({ host: HOST }, text);
  else logger.warn({ host: HOST }, `${text}, and other machines can reach this address`);
  return { verifier: undefined, devIssuer: undefined };
};

/** @throws CannotStart when its key cannot be used */
export const openDevIssuer = async ({ DATA_DIR, HOST, PORT }: Config): Promise<DevIssuer> => {
  const host = isIP(HOST) === 6 ? `[${HOST}]` : HOST;
  try {
    return await orExplain(
      () => DevIssuer.open(DATA_DIR, `http://${host}:${PORT}${devPath}`),
      openingStore(DATA_DIR),
    );
  } catch (error) {
    if (!(error instanceof DevIssuerKeyUnusable)) throw error;
    const { file, code } = error;
    const text =
      code === 'NOT_A_DEV_KEY'
        ? `${file} holds no key of the development issuer. Delete it: a new one is made.`
        : `${file}, with which anybody can be anybody, can be read by others than its owner. Delete it: a new one is made.`;
    throw new CannotStart(text, error);
  }
};

/** For other programs that are to accept its tokens. */
export const serveDevIssuer = (fastify: FastifyInstance, { jwks, discovery }: DevIssuer): void => {
  const config = { access: 'everybody' } as const;
  fastify.get(`${devPath}/.well-known/openid-configuration`, { config }, () => Promise.resolve(discovery));
  fastify.get(`${devPath}/jwks.json`, { config }, () => Promise.resolve(jwks));
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.');
