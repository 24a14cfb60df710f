import { afterEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { reject } from '../kernel/rejection.js';
import { type Identity, IssuerUnavailable, type TokenVerifier } from '../ports/token-verifier.js';
import { type Access } from './access.js';
import { controlAccess } from './access-control.js';
import { toProblem } from './problem.filter.js';
import { RateLimiter } from './rate-limit.js';

const expiresAt = 1_800_000_000_000;

/** A token is its roles and the customer: `customer+operator.ann`. */
const verifier: TokenVerifier = {
  status: { issuer: 'spec', keys: 'known', lastFailure: null },
  verify: (token) => {
    if (token === 'away') return Promise.reject(new IssuerUnavailable('away', 7, undefined));
    const [, roles, customerId] = /^([a-z+]*)\.(.*)$/.exec(token) ?? [];
    if (roles === undefined || customerId === undefined) {
      return Promise.resolve(reject('TOKEN_INVALID', 'no token'));
    }
    const identity: Identity = { subject: 'sub', roles: roles.split('+'), customerId, expiresAt };
    return Promise.resolve(identity);
  },
  close: () => undefined,
};

const unlimited = { customers: 0, services: 0, strangers: 0, burstSeconds: 1 };

describe('the access control', () => {
  const servers: FastifyInstance[] = [];

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  const serverWith = (access: Access | undefined, by: TokenVerifier | null = verifier) => {
    const server = fastify();
    servers.push(server);
    server.setErrorHandler((error, _request, reply) => {
      const { problem, headers } = toProblem(error);
      void reply.status(problem.status).headers(headers).send(problem);
    });
    controlAccess(server, by ?? undefined, (route) => route === '/open', new RateLimiter(unlimited));
    const answer = { config: access === undefined ? {} : { access } };
    server.get('/route', answer, ({ caller }) => Promise.resolve(caller));
    server.get('/open', ({ caller }) => Promise.resolve(caller));
    return async (path: string, token?: string, method: 'GET' | 'HEAD' = 'GET') => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const reply = await server.inject({ method, url: path, headers });
      return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json<unknown>() };
    };
  };

  const whole = (actor: string) => ({ actor, isCustomer: false, keys: actor, expiresAt });
  const customer = (actor: string, only?: string) => ({
    ...{ actor, isCustomer: true, keys: actor, expiresAt },
    ...(only !== undefined && { only }),
  });

  it.each<[Access, string, object]>([
    [['operator'], 'operator.', whole('operator:sub')],
    [['service', 'operator'], 'service.', whole('service:sub')],
    [['owner', 'service', 'operator'], 'customer.ann', customer('customer:ann', 'ann')],
    [['customer', 'service'], 'customer.ann', customer('customer:ann')],
    // The widest that the route gives to one of the roles.
    [['owner', 'operator'], 'customer+operator.ann', whole('operator:sub')],
    [['owner', 'service', 'operator'], 'customer+service+operator.ann', whole('operator:sub')],
    [['owner'], 'customer+operator.ann', customer('customer:ann', 'ann')],
    [['customer', 'owner'], 'customer.ann', customer('customer:ann')],
  ])('of a route for %j lets %s in as who he is', async (access, token, caller) => {
    expect(await serverWith(access)('/route', token)).toEqual({ status: 200, body: caller });
  });

  it.each<[Access, string | undefined, number, string]>([
    [['operator'], undefined, 401, 'TOKEN_MISSING'],
    [['operator'], 'nonsense', 401, 'TOKEN_INVALID'],
    [['operator'], 'away', 503, 'ISSUER_UNAVAILABLE'],
    [['operator'], 'customer+service.ann', 403, 'ROLE_MISSING'],
    [['owner'], 'operator.', 403, 'ROLE_MISSING'],
    [['owner'], 'owner.ann', 403, 'ROLE_MISSING'],
    [['owner'], 'customer.-ann', 403, 'CUSTOMER_UNKNOWN'],
    [['customer'], 'customer.', 403, 'CUSTOMER_UNKNOWN'],
    [[], 'customer+service+operator.ann', 403, 'ROLE_MISSING'],
  ])('of a route for %j refuses %s', async (access, token, status, code) => {
    const ask = serverWith(access);
    expect(await ask('/route', token)).toMatchObject({ status, body: { status, code } });
    expect(await ask('/route', token, 'HEAD')).toMatchObject({ status });
  });

  it('lets nobody use a route that does not say who may, also where nobody is asked who he is', async () => {
    const closed = { status: 403, body: { code: 'ROUTE_CLOSED' } };
    expect(await serverWith(undefined)('/route', 'operator.')).toMatchObject(closed);
    expect(await serverWith(undefined, null)('/route')).toMatchObject(closed);
  });

  it('lets everybody use what is for everybody, whatever they bring', async () => {
    const anybody = { status: 200, body: { actor: 'api', isCustomer: false } };
    for (const token of [undefined, 'nonsense', 'away']) {
      expect(await serverWith('everybody')('/route', token)).toEqual(anybody);
      expect(await serverWith(['operator'])('/open', token)).toEqual(anybody);
    }
  });

  it('asks nobody without an issuer', async () => {
    const anybody = { status: 200, body: { actor: 'api', isCustomer: false } };
    expect(await serverWith(['operator'], null)('/route')).toEqual(anybody);
  });

  it('leaves what is no route to those who say so', async () => {
    expect(await serverWith(['operator'])('/none')).toMatchObject({ status: 404 });
  });
});
