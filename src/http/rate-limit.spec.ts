import { describe, expect, it } from '@jest/globals';
import { problem, ProblemException } from './problem.js';
import { RateLimiter, TokenBuckets } from './rate-limit.js';

const clock = () => {
  let now = 0;
  return {
    now: () => now,
    pass: (seconds: number) => {
      now += seconds * 1_000;
    },
  };
};

describe('the rate limit', () => {
  it('lets a burst through, then as many as come back', () => {
    const { now, pass } = clock();
    const buckets = new TokenBuckets('customer', 2, 3, now);
    const headers = (r: number, t: number) => ({
      'ratelimit-policy': '"customer";q=6;w=3',
      ratelimit: `"customer";r=${r};t=${t}`,
    });
    const taken = Array.from({ length: 6 }, () => buckets.take('ann'));
    expect(taken[0]).toEqual({ allowed: true, headers: headers(5, 1) });
    expect(taken[5]).toEqual({ allowed: true, headers: headers(0, 3) });
    const refused = { allowed: false, headers: { ...headers(0, 3), 'retry-after': '1' } };
    expect(buckets.take('ann')).toEqual(refused);
    pass(0.5);
    expect(buckets.take('ann')).toEqual({ allowed: true, headers: headers(0, 3) });
    expect(buckets.take('ann')).toEqual(refused);
    pass(1_000);
    expect(buckets.take('ann')).toEqual({ allowed: true, headers: headers(5, 1) });
  });

  it('says how long to wait', () => {
    const { now } = clock();
    const buckets = new TokenBuckets('customer', 1, 1, now);
    buckets.take('ann');
    expect(buckets.take('ann').headers['retry-after']).toBe('1');
  });

  it('takes nothing from others', () => {
    const { now } = clock();
    const buckets = new TokenBuckets('customer', 1, 1, now);
    const allowed = (name: string): boolean => buckets.take(name).allowed;
    expect([allowed('ann'), allowed('ann'), allowed('bob')]).toEqual([true, false, true]);
  });

  it('remembers no more than it may, and forgets who has not asked for the longest', () => {
    const { now } = clock();
    const buckets = new TokenBuckets('customer', 1, 1, now, 2);
    const allowed = (name: string): boolean => buckets.take(name).allowed;
    expect([allowed('ann'), allowed('bob'), allowed('ann'), allowed('carl')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    // Bob was forgotten, Ann was not.
    expect([allowed('ann'), allowed('bob')]).toEqual([false, true]);
  });

  it('counts nothing at a rate of 0', () => {
    const buckets = new TokenBuckets('customer', 0, 1);
    expect(buckets.take('ann')).toEqual({ allowed: true, headers: {} });
  });

  it('refuses with a problem that says when to come back', () => {
    const limiter = new RateLimiter({ customers: 1, services: 0, strangers: 1, burstSeconds: 1 });
    limiter.ofCaller('customer:ann', true);
    const refuse = () => limiter.ofCaller('customer:ann', true);
    const detail = 'That were too many requests in a short time. Wait 1 s, then send it again.';
    expect(refuse).toThrow(new ProblemException(problem(429, 'RATE_LIMITED', detail)));
    expect(limiter.ofCaller('service:erp', false)).toEqual({});
  });

  it.each([
    ['2001:db8:1:2::7', '2001:db8:1:2:aaaa:bbbb:cccc:dddd', true],
    ['2001:db8::7', '2001:db8:0:0:1::', true],
    ['2001:db8:1:2::7', '2001:db8:1:3::7', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ])('takes the addresses %s and %s for one stranger: %s', (one, other, same) => {
    const limiter = new RateLimiter({ customers: 1, services: 1, strangers: 1, burstSeconds: 1 });
    limiter.ofStranger(one);
    const again = () => limiter.ofStranger(other);
    if (same) expect(again).toThrow(ProblemException);
    else expect(again()).toMatchObject({ 'ratelimit-policy': '"address";q=1;w=1' });
  });
});
