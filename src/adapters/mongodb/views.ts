import { type AnyBulkWriteOperation, BSON, MongoBulkWriteError } from 'mongodb';
import { type Position } from '../../kernel/envelope.js';
import { type Lease } from '../../ports/leases.js';
import {
  type Change,
  type Condition,
  type Page,
  type Scanned,
  type Stored,
  type View,
  type ViewDefinition,
  type ViewQuery,
  type Views,
} from '../../ports/views.js';
import { type Databases } from './databases.js';
import { isTaken, translated } from './faults.js';
import { type Fence, fence } from './leases.js';
import { untilDone } from './until-done.js';
import { compileQuery, type DocumentRow, fieldOf, type FoundRow, isThere } from './view-query.js';
import { ViewStorage } from './view-storages.js';

/** A document that MongoDB cannot keep (https://www.mongodb.com/docs/manual/reference/limits/). */
export class DocumentTooLarge extends RangeError {
  constructor(storage: string, id: string, bytes: number) {
    super(
      `Document ${id} of view ${storage} has ${bytes} bytes, and MongoDB keeps none of more than 16 MB: ` +
        'the projection must spread it over several documents.',
    );
    this.name = 'DocumentTooLarge';
  }
}

/**
 * Each storage of a view is a collection. A document is replaced by a newer one only, and what is removed keeps its
 * position for a day: a writer that lost its lease while it stood still does no harm when it goes on.
 */
export class MongoViews implements Views {
  private readonly refuseLost: Fence;

  constructor(private readonly databases: Databases) {
    this.refuseLost = fence(databases);
  }

  open<Doc extends object>(definition: ViewDefinition): View<Doc> {
    const { name, indexes } = definition;
    const db = this.dbOf(name);
    indexes.flat().forEach(fieldOf);
    const opened = untilDone(() => ViewStorage.open(db, definition));
    // What fails is tried again, and told, by the first who uses it.
    opened().catch(() => undefined);
    return new MongoView<Doc>(name, opened, this.refuseLost);
  }

  async existing<Doc extends object>(name: string): Promise<View<Doc> | undefined> {
    const storage = await translated(() => ViewStorage.find(this.dbOf(name), name));
    return storage && new MongoView<Doc>(name, () => Promise.resolve(storage), this.refuseLost);
  }

  async names(): Promise<readonly string[]> {
    return (
      await translated(() => Promise.all(this.databases.all.map((db) => ViewStorage.names(db))))
    ).flat();
  }

  async drop(name: string): Promise<void> {
    await translated(() => ViewStorage.drop(this.dbOf(name), name));
  }

  private dbOf(name: string) {
    if (!/^[A-Za-z0-9_]+$/.test(name)) throw new RangeError(`Not a name for a view: ${name}`);
    return this.databases.of(name);
  }
}

class MongoView<Doc extends object> implements View<Doc> {
  constructor(
    private readonly name: string,
    private readonly opened: () => Promise<ViewStorage>,
    private readonly refuseLost: Fence,
  ) {}

  async get(id: string): Promise<Stored<Doc> | undefined> {
    return (await this.getMany([id]))[0];
  }

  async getMany(ids: readonly string[]): Promise<readonly Stored<Doc>[]> {
    const wanted = [...new Set(ids)];
    const rows = await this.read(wanted.length, ({ documents }) =>
      documents
        .find<FoundRow>({ _id: { $in: wanted }, ...isThere }, { batchSize: wanted.length + 1 })
        .toArray(),
    );
    return rows.map(toStored<Doc>);
  }

  async find(query: ViewQuery): Promise<Page<Doc>> {
    const { filter, sort, cursorAfter } = compileQuery(query);
    // One row more than wanted tells whether there is another page.
    const limit = query.limit + 1;
    const rows = await this.read(limit, ({ documents }) =>
      documents.find<FoundRow>(filter, { sort, limit, batchSize: limit + 1 }).toArray(),
    );
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return {
      items: page.map(toStored<Doc>),
      nextCursor: last !== undefined && rows.length > page.length ? cursorAfter(last) : null,
    };
  }

  async count(where: readonly Condition[]): Promise<number> {
    const { filter } = compileQuery({ where, limit: 1 });
    return translated(async () => {
      const storage = await this.opened();
      const found = await storage.unlessDropped(() => storage.documents.countDocuments(filter));
      if (found === 0) await storage.refuseDropped();
      return found;
    });
  }

  async scan(after: string | undefined, limit: number): Promise<readonly Scanned[]> {
    const behind = after === undefined ? {} : { _id: { $gt: after } };
    const rows = await this.read(limit, ({ documents }) =>
      documents
        .find<FoundRow>({ ...behind, ...isThere }, { sort: { _id: 1 }, limit, batchSize: limit + 1 })
        .toArray(),
    );
    return rows.map(({ _id: id, position, doc }) => ({ id, position, text: JSON.stringify(doc) }));
  }

  async write(changes: readonly Change<Doc>[], checkpoint: Position | null, lease?: Lease): Promise<void> {
    await translated(async () => {
      const storage = await this.opened();
      if (changes.length > 0 || checkpoint === null) {
        // A checkpoint that is moved tells itself of another term, or of a drop: the claim need not be looked at again.
        const isClaimed = checkpoint !== null && storage.hasClaimed(lease);
        await Promise.all([this.refuseLost(lease), ...(isClaimed ? [] : [storage.claim(lease)])]);
      }
      if (changes.length > 0) await storage.unlessDropped(() => this.put(storage, newestOf(changes)));
      if (checkpoint !== null) await storage.advance(checkpoint, lease);
    });
  }

  async checkpoint(): Promise<Position | undefined> {
    return translated(async () => (await this.opened()).checkpoint());
  }

  private async put(
    { documents, forgetRemoved }: ViewStorage,
    changes: readonly Change<Doc>[],
  ): Promise<void> {
    if (changes.some(({ doc }) => doc === null)) await forgetRemoved();
    try {
      await documents.bulkWrite(changes.map(upsert), { ordered: false });
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw this.tooLarge(changes) ?? error;
      if (!isTaken(error)) throw error;
      // Those are as new or newer, or were put there by another writer this moment: now that they are there, the
      // guard alone decides.
      const taken = error.result.getWriteErrors().flatMap(({ index }) => changes[index] ?? []);
      await documents.bulkWrite(taken.map(update), { ordered: false });
    }
  }

  private tooLarge(changes: readonly Change<Doc>[]): DocumentTooLarge | undefined {
    const mostBytes = 16 * 1024 * 1024;
    for (const { id, doc } of changes) {
      const bytes = doc === null ? 0 : BSON.calculateObjectSize(doc, { ignoreUndefined: true });
      if (bytes > mostBytes - 1024) return new DocumentTooLarge(this.name, id, bytes);
    }
    return undefined;
  }

  /** Whoever gets fewer rows than it asks for may be reading a collection that is gone. */
  private read(
    most: number,
    rows: (storage: ViewStorage) => Promise<readonly FoundRow[]>,
  ): Promise<readonly FoundRow[]> {
    return translated(async () => {
      const storage = await this.opened();
      const found = await storage.unlessDropped(() => rows(storage));
      if (found.length < most) await storage.refuseDropped();
      return found;
    });
  }
}

const newestOf = <Doc>(changes: readonly Change<Doc>[]): readonly Change<Doc>[] => {
  const newest = new Map<string, Change<Doc>>();
  for (const change of changes) {
    const known = newest.get(change.id);
    if (known === undefined || change.position > known.position) newest.set(change.id, change);
  }
  return [...newest.values()];
};

type Operation = AnyBulkWriteOperation<DocumentRow>;

const operation = <Doc extends object>({ id, position, doc }: Change<Doc>, upsert: boolean): Operation => {
  const filter = { _id: id, position: { $lt: position } };
  if (doc !== null) return { replaceOne: { filter, replacement: { position, doc }, upsert } };
  const removed = { $set: { position: { $literal: position }, removedAt: '$$NOW' } };
  return { updateOne: { filter, update: [removed, { $unset: 'doc' }], upsert } };
};

/** A document that is there and not older does not match, so it fails as one that is there already. */
const upsert = <Doc extends object>(change: Change<Doc>): Operation => operation(change, true);

const update = <Doc extends object>(change: Change<Doc>): Operation => operation(change, false);

const toStored = <Doc>({ _id: id, position, doc }: FoundRow): Stored<Doc> => ({
  id,
  position,
  doc: doc as Doc,
});
