import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { isRejection } from '../kernel/rejection.js';
import { type Identity, type TokenVerifier } from '../ports/token-verifier.js';
import { type Access, type Grant } from './access.js';
import { anybody, type Caller, type Role, roles } from './caller.js';
import { idSchema } from './input.js';
import { problem, ProblemException } from './problem.js';
import { type RateLimiter } from './rate-limit.js';

/**
 * Before anything else of a request is read: who is it, and may they use the route?
 * @param verifier undefined: nobody is asked who he is
 * @param isOpen routes that no controller has, and everybody may use
 */
export const controlAccess = (
  fastify: FastifyInstance,
  verifier: TokenVerifier | undefined,
  isOpen: (route: string) => boolean,
  limiter: RateLimiter,
): void => {
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.is404) return;
    const { url = '', config } = request.routeOptions;
    const access = config.access ?? (isOpen(url) ? 'everybody' : undefined);
    if (access === undefined) {
      throw new ProblemException(
        problem(403, 'ROUTE_CLOSED', 'Nobody may use this route: it does not say who may.'),
      );
    }
    if (access === 'everybody' || verifier === undefined) {
      request.caller = anybody;
      return;
    }
    const identity = await identified(request, verifier, limiter);
    const caller = callerAs(identity, access);
    void reply.headers(limiter.ofCaller(caller.actor, caller.isCustomer));
    request.caller = caller;
  });
};

const identified = async (
  request: FastifyRequest,
  verifier: TokenVerifier,
  limiter: RateLimiter,
): Promise<Identity> => {
  try {
    return await identityOf(request, verifier);
  } catch (error) {
    // Whoever has a token is not held up by those behind the same address who have none.
    if (error instanceof ProblemException) limiter.ofStranger(request.ip);
    throw error;
  }
};

const identityOf = async (request: FastifyRequest, verifier: TokenVerifier): Promise<Identity> => {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw unauthorized('TOKEN_MISSING', 'Send a token of the issuer: Authorization: Bearer …');
  }
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1];
  if (token === undefined) {
    const detail = 'The header Authorization must be Bearer, a blank and one token of the issuer.';
    throw unauthorized('TOKEN_INVALID', detail, 'invalid_request');
  }
  const identity = await verifier.verify(token);
  if (isRejection(identity)) throw unauthorized(identity.code, identity.detail, 'invalid_token');
  return identity;
};

/** The widest of what the route grants to the roles. */
const callerAs = (identity: Identity, access: Exclude<Access, 'everybody'>): Caller => {
  const { subject, expiresAt } = identity;
  const has = (role: Role): boolean => identity.roles.includes(role);
  const granted = (['operator', 'service', 'customer'] as const).find(
    (role) => access.includes(role) && has(role),
  );
  if (granted === 'operator' || granted === 'service') {
    const actor = `${granted}:${subject}`;
    return { actor, isCustomer: false, only: undefined, keys: actor, expiresAt };
  }
  if (granted === undefined && !(access.includes('owner') && has('customer'))) throw missing(access);
  const customerId = idSchema.safeParse(identity.customerId);
  if (!customerId.success) {
    throw forbidden(
      'CUSTOMER_UNKNOWN',
      'The token has the role customer, but does not say which customer: its claim must be an id of 1 to 64 ' +
        'letters, digits, dots, colons, dashes or underscores.',
    );
  }
  const actor = `customer:${customerId.data}`;
  return {
    actor,
    isCustomer: true,
    only: granted === undefined ? customerId.data : undefined,
    keys: actor,
    expiresAt,
  };
};

const missing = (access: readonly Grant[]): ProblemException => {
  const allowed = roles.filter(
    (role) => access.includes(role) || (role === 'customer' && access.includes('owner')),
  );
  return forbidden('ROLE_MISSING', `The token needs the role ${allowed.join(' or ')} for this.`);
};

const realm = 'Bearer realm="orders"';

/** RFC 6750, section 3. A request that brings no token is told of no error. */
const unauthorized = (code: string, detail: string, error?: string): ProblemException => {
  const why = error === undefined ? '' : `, error="${error}", error_description="${quotable(detail)}"`;
  return new ProblemException(problem(401, code, detail), { 'www-authenticate': `${realm}${why}` });
};

const forbidden = (code: string, detail: string): ProblemException =>
  new ProblemException(problem(403, code, detail), {
    'www-authenticate': `${realm}, error="insufficient_scope", error_description="${quotable(detail)}"`,
  });

/** What RFC 6750 lets a description be. */
const quotable = (text: string): string => text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '');
