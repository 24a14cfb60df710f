import { type Lease, type Leases } from '../ports/leases.js';
import { type Logger } from '../ports/logger.js';
import { pause } from './pause.js';

export interface LeadershipOptions {
  readonly leases: Leases;
  readonly owner: string;
  readonly ttlMs: number;
  readonly logger: Logger;
}

/**
 * Does the work for as long as this process holds the lease, stands by while another process does, and starts
 * again when the work fails, after a growing pause. Ends with the signal. The work must end with its own signal.
 */
export const whileLeading = async (
  name: string,
  { leases, owner, ttlMs, logger }: LeadershipOptions,
  stop: AbortSignal,
  work: (lease: Lease, signal: AbortSignal) => Promise<void>,
  onStandby: () => void = () => undefined,
): Promise<void> => {
  let failures = 0;
  while (!stop.aborted) {
    try {
      const lease = await leases.acquire(name, owner, ttlMs);
      if (lease === undefined) {
        onStandby();
        await pause(ttlMs / 4, stop);
        continue;
      }
      const lost = new AbortController();
      const renewal = keepRenewing(leases, lease, ttlMs, lost, stop, logger);
      try {
        await work(lease, AbortSignal.any([stop, lost.signal]));
        failures = 0;
      } finally {
        lost.abort();
        await renewal;
        await leases.release(lease);
      }
    } catch (error) {
      failures += 1;
      logger.error({ err: error, name, failures }, `${name} failed and is started again`);
      await pause(Math.min(100 * 2 ** failures, 10_000), stop);
    }
  }
};

const keepRenewing = async (
  leases: Leases,
  lease: Lease,
  ttlMs: number,
  lost: AbortController,
  stop: AbortSignal,
  logger: Logger,
): Promise<void> => {
  const over = AbortSignal.any([stop, lost.signal]);
  for (;;) {
    await pause(ttlMs / 3, over);
    if (over.aborted) return;
    try {
      if (await leases.renew(lease, ttlMs)) continue;
      logger.warn({ lease: lease.name, owner: lease.owner }, `${lease.name} has passed to another process`);
    } catch (error) {
      logger.error({ err: error, lease: lease.name }, `${lease.name} could not be renewed; giving it up`);
    }
    lost.abort();
    return;
  }
};
