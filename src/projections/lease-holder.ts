import { setTimeout as pause } from 'node:timers/promises';
import { type Lease, type Leases } from '../ports/leases.js';

export interface LeaseTerms {
  readonly leases: Leases;
  readonly owner: string;
  /** How long a lease outlives an owner that died. Default 10 s. */
  readonly ttlMs?: number;
}

const defaultTtlMs = 10_000;

/** Waits for as long as somebody else holds the lease; undefined when the signal ends the wait. */
export const awaitLease = async (
  { leases, owner, ttlMs = defaultTtlMs }: LeaseTerms,
  name: string,
  signal: AbortSignal,
): Promise<Lease | undefined> => {
  while (!signal.aborted) {
    const lease = await leases.acquire(name, owner, ttlMs);
    if (lease !== undefined) return lease;
    await pauseUnless(signal, ttlMs / 4);
  }
  return undefined;
};

/** Renews the lease until the function it returns is called; `lost` is told when that no longer succeeds. */
export const keepLease = (
  { leases, ttlMs = defaultTtlMs }: LeaseTerms,
  lease: Lease,
  lost: () => void,
): (() => void) => {
  const timer = setInterval(() => {
    leases.renew(lease, ttlMs).then((renewed) => {
      if (!renewed) lost();
    }, lost);
  }, ttlMs / 3).unref();
  return () => {
    clearInterval(timer);
  };
};

/** Resolves after the time or as soon as the signal is given. */
export const pauseUnless = async (signal: AbortSignal, ms: number): Promise<void> => {
  await pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
};
