import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Lease, LeaseLost, type Leases } from '../../ports/leases.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit, Refused } from './group-commit.js';

interface HeldRow extends LeaseRow {
  readonly name: string;
}

interface LeaseRow {
  /** null while nobody holds it. */
  readonly owner: string | null;
  readonly token: number;
  /** Milliseconds since 1970. */
  readonly expires_at: number;
}

/** The owners that live in this process: it may have been given the pid of the one that died. */
const ownersHere = new Set<string>();

/** `<hostname>:<pid>:<random>`: tells the other processes of this host when its process is dead. */
export const newOwner = (): string => {
  const owner = `${hostname()}:${process.pid}:${randomUUID()}`;
  ownersHere.add(owner);
  return owner;
};

/** Leases that run out by the wall clock, or at once when the process of their owner is dead. */
export class EmbeddedLeases implements Leases {
  private readonly select;
  private readonly selectNamed;
  private readonly upsert;
  private readonly update;

  constructor(
    db: Database,
    private readonly commits: GroupCommit,
  ) {
    this.select = db.prepare<[string], LeaseRow>(
      'SELECT owner, token, expires_at FROM leases WHERE name = ?',
    );
    this.selectNamed = db.prepare<[string, string], HeldRow>(
      'SELECT name, owner, token, expires_at FROM leases WHERE substr(name, 1, length(?)) = ? ORDER BY name',
    );
    this.upsert = db.prepare<[string, string, number, number]>(
      'INSERT OR REPLACE INTO leases (name, owner, token, expires_at) VALUES (?, ?, ?, ?)',
    );
    this.update = db.prepare<[string | null, number, string, string, number]>(
      'UPDATE leases SET owner = ?, expires_at = ? WHERE name = ? AND owner = ? AND token = ?',
    );
  }

  acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    return this.commits.write(() => {
      const held = this.select.get(name);
      if (held !== undefined && held.owner !== owner && isAlive(held)) return undefined;
      const token = held === undefined ? 1 : held.owner === owner ? held.token : held.token + 1;
      this.upsert.run(name, owner, token, Date.now() + ttlMs);
      return { name, owner, token };
    });
  }

  renew({ name, owner, token }: Lease, ttlMs: number): Promise<boolean> {
    return this.commits.write(
      () => this.update.run(owner, Date.now() + ttlMs, name, owner, token).changes > 0,
    );
  }

  async release({ name, owner, token }: Lease): Promise<void> {
    await this.commits.write(() => this.update.run(null, 0, name, owner, token));
  }

  held(prefix: string): Promise<readonly Lease[]> {
    return whenFree(() =>
      this.selectNamed
        .all(prefix, prefix)
        .filter(isAlive)
        .flatMap(({ name, owner, token }) => (owner === null ? [] : [{ name, owner, token }])),
    );
  }
}

/** What a write is refused with, unless the lease is still its owner's. */
export type Fence = (lease: Lease | undefined) => Refused | undefined;

/** To be asked within the write's transaction. */
export const fence = (db: Database): Fence => {
  const select = db
    .prepare<[string, string, number], number>(
      'SELECT 1 FROM leases WHERE name = ? AND owner = ? AND token = ?',
    )
    .pluck();
  return (lease) =>
    lease === undefined || select.get(lease.name, lease.owner, lease.token) === 1
      ? undefined
      : new Refused(new LeaseLost(lease));
};

const isAlive = ({ owner, expires_at }: LeaseRow): boolean =>
  owner !== null && expires_at > Date.now() && !isDead(owner);

/** Whether it is certain that the process of an owner of this host is gone. */
export const isDead = (owner: string): boolean => {
  const [, host, pid] = /^(.+):([1-9]\d*):[^:]+$/.exec(owner) ?? [];
  if (host !== hostname() || pid === undefined) return false;
  // In a restarted container the new process often has the old one's pid.
  if (Number(pid) === process.pid) return !ownersHere.has(owner);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};
