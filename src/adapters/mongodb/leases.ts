import { type Collection, type Db } from 'mongodb';
import { type Lease, LeaseLost, type Leases } from '../../ports/leases.js';
import { type Databases } from './databases.js';
import { translated } from './faults.js';

interface LeaseRow {
  readonly _id: string;
  /** null while nobody holds it. */
  readonly owner: string | null;
  readonly token: number;
  /** By the server's clock. */
  readonly expiresAt: Date;
}

/** Of Unicode; no name has it. */
const lastCharacter = '\u{10FFFF}';

const leasesOf = (db: Db): Collection<LeaseRow> => db.collection<LeaseRow>('leases');

/**
 * Leases that run out by the server's clock. Their tokens grow with time too, so that one does not come again when
 * its lease has been forgotten, or restored from a backup.
 */
export class MongoLeases implements Leases {
  constructor(private readonly databases: Databases) {}

  async acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined> {
    const isMine = { $eq: ['$owner', { $literal: owner }] };
    const isNew = { $eq: [{ $type: '$token' }, 'missing'] };
    const isFree = {
      $or: [isNew, { $eq: ['$owner', null] }, { $lte: ['$expiresAt', '$$NOW'] }],
    };
    const nextToken = { $max: [{ $add: ['$token', 1] }, { $toLong: '$$NOW' }] };
    const row = await translated(() =>
      // By its id alone: the server then tries again by itself when two make the row at once.
      this.rows(name).findOneAndUpdate(
        { _id: name },
        [
          {
            $set: {
              token: { $cond: [{ $and: [isFree, { $not: [isMine] }] }, nextToken, '$token'] },
              owner: { $cond: [isFree, { $literal: owner }, '$owner'] },
              expiresAt: {
                $cond: [{ $or: [isFree, isMine] }, { $add: ['$$NOW', ttlMs] }, '$expiresAt'],
              },
            },
          },
        ],
        { upsert: true, returnDocument: 'after' },
      ),
    );
    return row?.owner === owner ? { name, owner, token: row.token } : undefined;
  }

  async renew({ name, owner, token }: Lease, ttlMs: number): Promise<boolean> {
    const { matchedCount } = await translated(() =>
      this.rows(name).updateOne({ _id: name, owner, token }, [
        { $set: { expiresAt: { $add: ['$$NOW', ttlMs] } } },
      ]),
    );
    return matchedCount > 0;
  }

  async release({ name, owner, token }: Lease): Promise<void> {
    await translated(() =>
      this.rows(name).updateOne({ _id: name, owner, token }, [{ $set: { owner: null, expiresAt: '$$NOW' } }]),
    );
  }

  /** Of the database that the prefix belongs to, as a name does. */
  async held(prefix: string): Promise<readonly Lease[]> {
    const rows = await translated(() =>
      this.rows(prefix)
        .find({
          _id: { $gte: prefix, $lt: `${prefix}${lastCharacter}` },
          $expr: { $gt: ['$expiresAt', '$$NOW'] },
        })
        .sort({ _id: 1 })
        .toArray(),
    );
    return rows.flatMap(({ _id: name, owner, token }) => (owner === null ? [] : [{ name, owner, token }]));
  }

  private rows(name: string): Collection<LeaseRow> {
    return leasesOf(this.databases.of(name));
  }
}

/** Does nothing while the lease is still its owner's. */
export type Fence = (lease: Lease | undefined) => Promise<void>;

/** It tells at once; what stops a writer that stood still after it was told is the token beside what it writes. */
export const fence =
  (databases: Databases): Fence =>
  async (lease) => {
    if (lease === undefined) return;
    const { name, owner, token } = lease;
    const row = await leasesOf(databases.of(name)).findOne({ _id: name, owner, token });
    if (row === null) throw new LeaseLost(lease);
  };
