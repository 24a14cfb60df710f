import { type Collection, type Db, MongoServerError, ObjectId } from 'mongodb';
import { type Position } from '../../kernel/envelope.js';
import { type Path, type ViewDefinition, ViewDropped } from '../../ports/views.js';
import { type Lease, LeaseLost } from '../../ports/leases.js';
import { untilDone } from './until-done.js';
import { type DocumentRow, fieldOf } from './view-query.js';

/** What says that a storage is there, where its documents are, and how far it has got. */
interface StorageRow {
  readonly _id: string;
  readonly collection: string;
  readonly position?: Position;
  /** The highest of the lease that it is written under. */
  readonly token?: number;
}

const prefix = 'view_';

/** Longer than a write can be on its way. */
const keepRemovedSeconds = 86_400;

const rowsOf = (db: Db): Collection<StorageRow> => db.collection<StorageRow>('views');

/**
 * One storage, from when it was made until it is dropped: a collection whose name never comes again. MongoDB makes a
 * collection anew for whoever writes to a dropped one; nobody finds that one, and it goes with the next drop.
 */
export class ViewStorage {
  readonly documents: Collection<DocumentRow>;
  /**
   * Sees to it that what is removed from now on is forgotten when nobody can be writing it any more. Views of which
   * nothing is removed are spared an index.
   */
  readonly forgetRemoved = untilDone(() =>
    this.documents.createIndexes([
      { key: { removedAt: 1 }, sparse: true, expireAfterSeconds: keepRemovedSeconds },
    ]),
  );
  private readonly rows: Collection<StorageRow>;
  private claimed: number | undefined;

  private constructor(
    private readonly name: string,
    db: Db,
    private readonly collection: string,
  ) {
    this.documents = db.collection<DocumentRow>(collection);
    this.rows = rowsOf(db);
  }

  static async find(db: Db, name: string): Promise<ViewStorage | undefined> {
    const row = await rowsOf(db).findOne({ _id: name });
    return row === null ? undefined : new ViewStorage(name, db, row.collection);
  }

  static async open(db: Db, { name, indexes }: ViewDefinition): Promise<ViewStorage> {
    const made = { $setOnInsert: { collection: `${prefix}${name}.${new ObjectId().toHexString()}` } };
    const row = await rowsOf(db).findOneAndUpdate({ _id: name }, made, {
      upsert: true,
      returnDocument: 'after',
    });
    if (row === null) throw new ViewDropped(name);
    const storage = new ViewStorage(name, db, row.collection);
    const wanted = indexes.map((paths) => ({ key: keyOf(paths) }));
    if (wanted.length > 0) await storage.unlessDropped(() => storage.documents.createIndexes(wanted));
    return storage;
  }

  static async names(db: Db): Promise<readonly string[]> {
    const rows = await rowsOf(db)
      .find({}, { projection: { _id: 1 } })
      .toArray();
    return rows.map(({ _id }) => _id);
  }

  /** With the collections that writers who came late have made. */
  static async drop(db: Db, name: string): Promise<void> {
    await rowsOf(db).deleteOne({ _id: name });
    // In this order: one that is made meanwhile is known before it is there.
    const there = await db.listCollections({ name: { $regex: `^${prefix}` } }, { nameOnly: true }).toArray();
    const known = new Set((await rowsOf(db).find().toArray()).map(({ collection }) => collection));
    for (const each of there) if (!known.has(each.name)) await db.dropCollection(each.name);
  }

  async checkpoint(): Promise<Position | undefined> {
    return (await this.row()).position;
  }

  /**
   * To be asked before documents are written: claims the storage for the term of the lease, if it is not yet.
   * @throws ViewDropped
   * @throws LeaseLost when somebody has claimed it for a later term
   */
  async claim(lease: Lease | undefined): Promise<void> {
    const { token } = await this.row();
    if (lease !== undefined && token !== lease.token) await this.update({ token: lease.token }, lease);
    this.claimed = lease?.token;
  }

  /** Whether it has been claimed from here for the term of the lease. Another one may have claimed it since. */
  hasClaimed(lease: Lease | undefined): boolean {
    return lease !== undefined && this.claimed === lease.token;
  }

  /** Moves the checkpoint forwards. @throws ViewDropped, LeaseLost as `claim` does */
  async advance(position: Position, lease: Lease | undefined): Promise<void> {
    await this.update({ position, ...(lease === undefined ? {} : { token: lease.token }) }, lease);
  }

  private async update(
    greater: Partial<Pick<StorageRow, 'position' | 'token'>>,
    lease: Lease | undefined,
  ): Promise<void> {
    const { name, collection } = this;
    const ofThisTerm = lease === undefined ? {} : { token: { $not: { $gt: lease.token } } };
    const { matchedCount } = await this.rows.updateOne(
      { _id: name, collection, ...ofThisTerm },
      { $max: greater },
    );
    if (matchedCount > 0) return;
    await this.refuseDropped();
    if (lease !== undefined) throw new LeaseLost(lease);
  }

  /** @throws ViewDropped */
  async refuseDropped(): Promise<void> {
    await this.row();
  }

  private async row(): Promise<StorageRow> {
    const { name, collection } = this;
    const row = await this.rows.findOne({ _id: name, collection });
    if (row === null) throw new ViewDropped(name);
    return row;
  }

  /** Work that a drop breaks off fails in many ways. */
  async unlessDropped<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof MongoServerError) await this.refuseDropped();
      throw error;
    }
  }
}

/** The id at the end breaks ties in sort order. */
const keyOf = (paths: readonly Path[]): Readonly<Record<string, 1>> =>
  Object.fromEntries([...paths.map(fieldOf), '_id'].map((field) => [field, 1 as const]));
