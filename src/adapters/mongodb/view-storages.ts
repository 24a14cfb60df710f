import { type Collection, type Db, MongoServerError, ObjectId } from 'mongodb';
import { type Position } from '../../kernel/envelope.js';
import { type Path, type ViewDefinition, ViewDropped } from '../../ports/views.js';
import { type Lease, LeaseLost } from '../../ports/leases.js';
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
  private readonly rows: Collection<StorageRow>;

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
    const forgetRemoved = { key: { removedAt: 1 }, sparse: true, expireAfterSeconds: keepRemovedSeconds };
    await storage.unlessDropped(() =>
      storage.documents.createIndexes([forgetRemoved, ...indexes.map((paths) => ({ key: keyOf(paths) }))]),
    );
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
   * Claims the storage for the term of a lease, and moves the checkpoint.
   * @throws ViewDropped
   * @throws LeaseLost when somebody has claimed it for a later term
   */
  async advance(position: Position | null, lease: Lease | undefined): Promise<void> {
    const { name, collection } = this;
    const { matchedCount } = await this.rows.updateOne(
      { _id: name, collection, ...(lease === undefined ? {} : { token: { $not: { $gt: lease.token } } }) },
      {
        $max: {
          ...(position === null ? {} : { position }),
          ...(lease === undefined ? {} : { token: lease.token }),
        },
      },
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
