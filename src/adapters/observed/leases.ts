import { type Counter } from 'prom-client';
import { type Lease, type Leases } from '../../ports/leases.js';
import { type Metrics } from './metrics.js';

/** Leases that tell when their owner changes. */
export class ObservedLeases implements Leases {
  private readonly changes: Counter;
  /** The last token that this process has seen of each. */
  private readonly tokens = new Map<string, number>();

  constructor(
    private readonly leases: Leases,
    metrics: Metrics,
  ) {
    this.changes = metrics.counter(
      'commerce_lease_changes_total',
      'Leases that this process took or lost, by what they are for',
      ['kind', 'change'],
    );
  }

  async acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const lease = await this.leases.acquire(name, owner, ttlMs);
    if (lease !== undefined && this.tokens.get(name) !== lease.token) {
      this.tokens.set(name, lease.token);
      this.changes.inc({ kind: kindOf(name), change: 'taken' });
    }
    return lease;
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    const isHeld = await this.leases.renew(lease, ttlMs);
    if (!isHeld) this.changes.inc({ kind: kindOf(lease.name), change: 'lost' });
    return isHeld;
  }

  release(lease: Lease): Promise<void> {
    this.tokens.delete(lease.name);
    return this.leases.release(lease);
  }

  held(prefix: string): Promise<readonly Lease[]> {
    return this.leases.held(prefix);
  }
}

/** `projection:order_status_v2_g7` → `projection`: what comes behind may be any number of things. */
const kindOf = (name: string): string => /^[a-z]+/.exec(name)?.[0] ?? 'other';
