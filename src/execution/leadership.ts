import { type Lease, LeaseLost, type Leases } from '../ports/leases.js';
import { pause } from './pause.js';
import { type RestartOptions, withRestarts } from './restarts.js';

export interface LeadershipOptions extends RestartOptions {
  readonly leases: Pick<Leases, 'acquire' | 'renew' | 'release'>;
  readonly owner: string;
  /** How long a lease outlives an owner that died. */
  readonly ttlMs: number;
}

/** The time for which this process holds the lease. */
export interface Term {
  readonly lease: Lease;
  /** The process stops, or the lease is lost. */
  readonly signal: AbortSignal;
  /** Something succeeded: the next fault counts as the first again. */
  readonly goesWell: () => void;
}

/** What one process at a time does. */
export interface Office {
  /** Of the lease. */
  readonly name: string;
  /** Must end with the term's signal. */
  serve(term: Term): Promise<void>;
  onStandby?(): void;
  onFault?(): void;
}

/** So soon at least a lease that was given back is taken by the next one. */
const longestStandbyMs = 250;

/**
 * Serves for as long as this process holds the lease, stands by while another process does, and starts again after
 * a fault, when a growing pause is over. Ends with the signal.
 */
export const whileLeading = async (
  office: Office,
  options: LeadershipOptions,
  stop: AbortSignal,
): Promise<void> => {
  const { leases, owner, ttlMs, logger } = options;
  const { name } = office;
  const run = async (goesWell: () => void): Promise<void> => {
    const lease = await leases.acquire(name, owner, ttlMs);
    if (lease === undefined) {
      office.onStandby?.();
      await pause(Math.min(ttlMs / 4, longestStandbyMs), stop);
      return;
    }
    try {
      await holding(lease, options, stop, (signal) => office.serve({ lease, signal, goesWell }));
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      logger.warn({ name, owner }, error.message);
    }
  };
  const onFault = (): void => office.onFault?.();
  await withRestarts({ name, run, onFault }, options, stop);
};

const holding = async (
  lease: Lease,
  options: LeadershipOptions,
  stop: AbortSignal,
  serve: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const renewal = keepRenewing(lease, options, signal).then(() => {
    over.abort();
  });
  try {
    await serve(signal);
  } finally {
    over.abort();
    await renewal;
    // A lease that cannot be released runs out.
    await options.leases.release(lease).catch((error: unknown) => {
      options.logger.warn({ err: error, name: lease.name }, `${lease.name} could not be released`);
    });
  }
};

/** Until the signal ends it, or the lease is lost. */
const keepRenewing = async (
  lease: Lease,
  { leases, ttlMs, logger }: LeadershipOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { name, owner } = lease;
  for (;;) {
    await pause(ttlMs / 3, signal);
    if (signal.aborted) return;
    try {
      if (await leases.renew(lease, ttlMs)) continue;
      logger.warn({ name, owner }, `${name} has passed to another process`);
    } catch (error) {
      logger.error({ err: error, name, owner }, `${name} could not be renewed; giving it up`);
    }
    return;
  }
};
