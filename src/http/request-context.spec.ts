import { hash, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type FastifyRequest } from 'fastify';
import { derivedId } from '../execution/derived-id.js';
import { anybody, type Caller } from './caller.js';
import { problem, ProblemException } from './problem.js';
import { commandContext, consistencyHeader, idempotencyKey } from './request-context.js';

const request = (
  headers: Readonly<Record<string, string | readonly string[]>> = {},
  url = '/api/orders',
  method = 'POST',
  caller: Caller | undefined = anybody,
): FastifyRequest => ({ headers, url, method, caller, id: randomUUID() }) as unknown as FastifyRequest;

const uuid = /^[0-9a-f-]{36}$/;

const problemOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof ProblemException ? error.problem : error;
  }
};

describe('the context of a request', () => {
  it('without headers has ids of its own, one request being its own cause and correlation', () => {
    const context = commandContext(request(), {});
    const { commandId } = context;
    expect(commandId).toMatch(uuid);
    expect(context).toStrictEqual({
      commandId,
      requestHash: undefined,
      correlationId: commandId,
      causationId: commandId,
      actor: 'api',
      traceparent: undefined,
      ifMatch: undefined,
    });
    expect(commandContext(request(), {}).commandId).not.toBe(commandId);
  });

  it('takes everything from the headers', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = {
      'idempotency-key': 'key-1',
      'if-match': '"12"',
      'x-correlation-id': 'web.42',
      traceparent,
    };
    expect(commandContext(request(headers, '/api/orders/1?debug=1'), { a: 1 })).toStrictEqual({
      commandId: 'key-1',
      requestHash: hash('sha256', 'POST /api/orders/1 {"a":1}'),
      correlationId: 'web.42',
      causationId: expect.stringMatching(uuid),
      actor: 'api',
      traceparent,
      ifMatch: 12,
    });
  });

  it("names who calls, whose keys are no other caller's", () => {
    const of = (name: string) => {
      const actor = `customer:${name}`;
      const caller = { actor, isCustomer: true, only: name, keys: actor, expiresAt: 1 };
      return commandContext(request({ 'idempotency-key': 'key-1' }, '/api/carts', 'POST', caller), {});
    };
    const [ann, bob] = [of('ann'), of('bob')];
    expect(ann).toMatchObject({ actor: 'customer:ann', commandId: derivedId('customer:ann', 'key-1') });
    expect(bob).toMatchObject({ actor: 'customer:bob', commandId: derivedId('customer:bob', 'key-1') });
  });

  it('of a request that came past the access control there is none', () => {
    const request = { headers: {}, url: '/', method: 'POST' } as unknown as FastifyRequest;
    expect(() => commandContext(request, {})).toThrow('A request has come past the access control.');
  });

  it('tells another request under the same key by its method, path or body', () => {
    const key = { 'idempotency-key': 'key-1' };
    const hashes = [
      commandContext(request(key), { a: 1 }),
      commandContext(request(key), { a: 2 }),
      commandContext(request(key, '/api/carts'), { a: 1 }),
      commandContext(request(key, '/api/orders', 'PUT'), { a: 1 }),
    ].map(({ requestHash }) => requestHash);
    expect(new Set(hashes).size).toBe(4);
    expect(commandContext(request(key, '/api/orders?x=1'), { a: 1 }).requestHash).toBe(hashes[0]);
  });

  it.each(['', ' ', 'two words', 'schlüssel', 'x'.repeat(256), 'a\tb'])(
    'refuses %j as an idempotency key',
    (key) => {
      const message = 'must be 1 to 255 visible ASCII characters';
      expect(problemOf(() => idempotencyKey(request({ 'idempotency-key': key })))).toStrictEqual(
        problem(400, 'INVALID_IDEMPOTENCY_KEY', message, [{ path: 'Idempotency-Key', message }]),
      );
    },
  );

  it.each(['k', '"quoted"', 'x'.repeat(255), '{}~!'])('takes %j as an idempotency key', (key) => {
    expect(idempotencyKey(request({ 'idempotency-key': key }))).toBe(key);
  });

  it.each(['', '*', '12', 'W/"12"', '"-1"', '"1.5"', '"1", "2"', '"1234567890123456"', '"a"'])(
    'refuses %j as If-Match',
    (tag) => {
      const message = 'must be one ETag as it was answered, such as "3"';
      expect(problemOf(() => commandContext(request({ 'if-match': tag }), {}))).toStrictEqual(
        problem(400, 'INVALID_IF_MATCH', message, [{ path: 'If-Match', message }]),
      );
    },
  );

  it.each([
    ['traceparent', 'nonsense'],
    ['traceparent', '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01'],
    ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more'],
    ['x-correlation-id', ''],
    ['x-correlation-id', 'two words'],
    ['x-correlation-id', 'x'.repeat(129)],
  ])('leaves a malformed %s out: %j', (name, value) => {
    const context = commandContext(request({ [name]: value }), {});
    expect([context.traceparent, context.correlationId]).toStrictEqual([undefined, context.causationId]);
  });

  it('takes a header that came twice for what the two say together', () => {
    expect(consistencyHeader(request({ 'consistency-token': ['a', 'b'] }))).toBe('a, b');
    expect(consistencyHeader(request())).toBeUndefined();
  });
});
