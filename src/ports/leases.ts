/** The right to be the only one who does something, until it runs out. */
export interface Lease {
  readonly name: string;
  readonly owner: string;
  /** Grows with every change of owner (fencing token: Kleppmann, "How to do distributed locking"). */
  readonly token: number;
}

export interface Leases {
  /** undefined while somebody else holds it. The lease runs out `ttlMs` after the last acquire or renew. */
  acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined>;
  /** false when the lease has passed to another owner. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  release(lease: Lease): Promise<void>;
  /** Those that are held at present and whose name begins so, by name. */
  held(prefix: string): Promise<readonly Lease[]>;
}

export class LeaseLost extends Error {
  constructor(readonly lease: Lease) {
    super(`Lease ${lease.name} (token ${lease.token}) has passed from ${lease.owner} to another owner.`);
    this.name = 'LeaseLost';
  }
}
