import { isIPv6 } from 'node:net';
import { problem, ProblemException } from './problem.js';

export interface RateLimits {
  /** Requests a second that each customer may send; 0: any number. */
  readonly customers: number;
  /** The same for each subject of another role. */
  readonly services: number;
  /** The same for each address, of requests that are refused because of their token. */
  readonly strangers: number;
  /** How many seconds' worth may come at once. */
  readonly burstSeconds: number;
}

/** What is left to a caller. */
export interface Quota {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

interface Bucket {
  tokens: number;
  /** When it had these tokens, in milliseconds. */
  at: number;
}

/** Buckets that are remembered: those that were not asked for the longest are full again, or soon. */
const mostBuckets = 100_000;

/** A bucket of tokens for each name: it fills at a rate, up to a burst, and each request takes one. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly capacity: number;

  constructor(
    private readonly policy: string,
    private readonly perSecond: number,
    burstSeconds: number,
    private readonly now: () => number = () => performance.now(),
    private readonly most = mostBuckets,
  ) {
    this.capacity = perSecond * burstSeconds;
  }

  take(name: string): Quota {
    const { perSecond, capacity } = this;
    if (perSecond === 0) return { allowed: true, headers: {} };
    const now = this.now();
    const bucket = this.buckets.get(name) ?? { tokens: capacity, at: now };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    // A map keeps the order in which its keys came: the first is the one that was not asked for the longest.
    this.buckets.delete(name);
    this.buckets.set(name, bucket);
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > this.most && oldest !== undefined) this.buckets.delete(oldest);
    return { allowed, headers: this.headers(bucket.tokens, allowed) };
  }

  /** draft-ietf-httpapi-ratelimit-headers: the quota `q` of the window `w`; `r` remain, all are back in `t` seconds. */
  private headers(tokens: number, allowed: boolean): Readonly<Record<string, string>> {
    const { policy, perSecond, capacity } = this;
    const window = Math.ceil(capacity / perSecond);
    const full = Math.ceil((capacity - tokens) / perSecond);
    return {
      'ratelimit-policy': `"${policy}";q=${capacity};w=${window}`,
      ratelimit: `"${policy}";r=${Math.floor(tokens)};t=${full}`,
      ...(!allowed && { 'retry-after': String(Math.max(1, Math.ceil((1 - tokens) / perSecond))) }),
    };
  }
}

/** So that nobody can take from others what they need by asking too much. */
export class RateLimiter {
  private readonly customers: TokenBuckets;
  private readonly services: TokenBuckets;
  private readonly strangers: TokenBuckets;

  constructor({ customers, services, strangers, burstSeconds }: RateLimits) {
    this.customers = new TokenBuckets('customer', customers, burstSeconds);
    this.services = new TokenBuckets('service', services, burstSeconds);
    this.strangers = new TokenBuckets('address', strangers, burstSeconds);
  }

  /** @returns headers of the answer @throws ProblemException when it was too much */
  ofCaller(actor: string, isCustomer: boolean): Readonly<Record<string, string>> {
    return orRefuse((isCustomer ? this.customers : this.services).take(actor));
  }

  /** The same for a request whose token says nothing. */
  ofStranger(address: string): Readonly<Record<string, string>> {
    return orRefuse(this.strangers.take(network(address)));
  }
}

const orRefuse = ({ allowed, headers }: Quota): Readonly<Record<string, string>> => {
  if (allowed) return headers;
  const detail = `That were too many requests in a short time. Wait ${headers['retry-after'] ?? '1'} s, then send it again.`;
  throw new ProblemException(problem(429, 'RATE_LIMITED', detail), headers);
};

/** Who has one address of IPv6 has 2^64 of them. */
const network = (address: string): string => {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const zeros = Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0');
  return [...groups, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(':');
};
