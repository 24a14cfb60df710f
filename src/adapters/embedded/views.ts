import { existsSync, mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Position } from '../../kernel/envelope.js';
import { type Lease } from '../../ports/leases.js';
import {
  type Change,
  type Condition,
  type Page,
  type Path,
  type Scanned,
  type Stored,
  type View,
  type ViewDefinition,
  ViewDropped,
  type ViewQuery,
  type Views,
} from '../../ports/views.js';
import { whenFree } from './busy.js';
import { checkpointRows } from './checkpoints.js';
import { codeOf, type Database, openFile } from './database.js';
import { GroupCommit } from './group-commit.js';
import { type Fence, fence } from './leases.js';
import { type Bound, compileCount, compileQuery, valueAt } from './view-query.js';

/** How long opening a view may wait, and block, while other processes write: its queries do not come before. */
const openingTimeoutMs = 10_000;

interface DocumentRow {
  readonly id: string;
  readonly position: Position;
  readonly doc: string;
}

interface FoundRow extends DocumentRow {
  readonly sort_value: string | number | null;
}

const tables = `
  CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, position TEXT NOT NULL, doc TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS checkpoints (subscriber TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
`;

interface OpenFile {
  readonly db: Database;
  readonly commits: GroupCommit;
}

/**
 * Each view is a file of JSON documents, with an index on expressions for every list of paths: views that are rebuilt
 * do not make the appends of orders wait, and dropping one is deleting a file. A power cut may undo the last commits
 * of a view, its checkpoint with them: it then follows the events from there again.
 */
export class EmbeddedViews implements Views {
  private readonly folder: string;
  private readonly files = new Map<string, OpenFile>();
  private readonly lost;

  /** @param store where the leases are */
  constructor(dataDir: string, store: Database) {
    this.folder = join(dataDir, 'views');
    mkdirSync(this.folder, { recursive: true });
    this.lost = fence(store);
  }

  open<Doc extends object>({ name, indexes }: ViewDefinition): View<Doc> {
    const { db, commits } = this.file(name, false);
    if (indexes.length > 0) {
      const lockTimeoutMs = Number(db.pragma('busy_timeout', { simple: true }));
      db.pragma(`busy_timeout = ${openingTimeoutMs}`);
      try {
        db.transaction(() => db.exec(indexes.map(createIndex).join(';'))).immediate();
      } finally {
        db.pragma(`busy_timeout = ${lockTimeoutMs}`);
      }
    }
    return new EmbeddedView<Doc>(name, db, commits, this.lost);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
  async existing<Doc extends object>(name: string): Promise<View<Doc> | undefined> {
    try {
      const { db, commits } = this.file(name, true);
      return new EmbeddedView<Doc>(name, db, commits, this.lost);
    } catch (error) {
      if (codeOf(error) === 'SQLITE_CANTOPEN') return undefined;
      throw error;
    }
  }

  async names(): Promise<readonly string[]> {
    const files = await readdir(this.folder);
    return files.filter((file) => file.endsWith(extension)).map((file) => file.slice(0, -extension.length));
  }

  async drop(name: string): Promise<void> {
    // The main file last: as long as it is there, the drop is not done.
    for (const suffix of ['-wal', '-shm', '']) await rm(`${this.path(name)}${suffix}`, { force: true });
    this.closeDropped();
  }

  /** Waits for the writes under way. */
  async close(): Promise<void> {
    for (const { db, commits } of this.files.values()) {
      await commits.close();
      db.close();
    }
    this.files.clear();
  }

  private file(name: string, mustExist: boolean): OpenFile {
    if (!/^[A-Za-z0-9_]+$/.test(name)) throw new RangeError(`Not a name for a view: ${name}`);
    this.closeDropped();
    const known = this.files.get(name);
    if (known !== undefined) return known;
    const db = openFile(this.path(name), { synchronous: 'NORMAL', cacheKb: 16_384, tables, mustExist });
    const file = { db, commits: new GroupCommit(db) };
    this.files.set(name, file);
    return file;
  }

  /** A file that was removed, here or by another process, keeps its space on the disk until all have closed it. */
  private closeDropped(): void {
    for (const [name, { db, commits }] of this.files) {
      if (existsSync(this.path(name))) continue;
      this.files.delete(name);
      void commits.close().then(() => db.close());
    }
  }

  private path(name: string): string {
    return join(this.folder, `${name}${extension}`);
  }
}

const extension = '.db';

/** The id at the end breaks ties in sort order. */
const createIndex = (paths: readonly Path[]): string =>
  `CREATE INDEX IF NOT EXISTS "by_${paths.join('_and_')}"
   ON documents (${[...paths.map(valueAt), 'id'].join(', ')})`;

/** The only row of a view's checkpoints. */
const subscriber = 'view';

class EmbeddedView<Doc extends object> implements View<Doc> {
  private readonly checkpoints;
  private readonly selectOne;
  private readonly selectMany;
  private readonly selectAfter;
  private readonly upsert;
  private readonly remove;
  /** By text: queries differ in their values far more often than in their shape. */
  private readonly queries = new Map<string, ReturnType<typeof this.prepareQuery>>();

  constructor(
    private readonly name: string,
    private readonly db: Database,
    private readonly commits: GroupCommit,
    private readonly lost: Fence,
  ) {
    this.checkpoints = checkpointRows(db);
    this.selectOne = db.prepare<[string], DocumentRow>(
      'SELECT id, position, doc FROM documents WHERE id = ?',
    );
    this.selectMany = db.prepare<[string], DocumentRow>(
      'SELECT id, position, doc FROM documents WHERE id IN (SELECT value FROM json_each(?))',
    );
    this.selectAfter = db.prepare<[string, number], Scanned>(
      'SELECT id, position, doc AS text FROM documents WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.upsert = db.prepare<[string, Position, string]>(
      `INSERT INTO documents (id, position, doc) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET position = excluded.position, doc = excluded.doc
       WHERE excluded.position > position`,
    );
    this.remove = db.prepare<[string, Position]>('DELETE FROM documents WHERE id = ? AND position < ?');
  }

  get(id: string): Promise<Stored<Doc> | undefined> {
    return this.read(() => {
      const row = this.selectOne.get(id);
      return row && toStored<Doc>(row);
    });
  }

  getMany(ids: readonly string[]): Promise<readonly Stored<Doc>[]> {
    return this.read(() => this.selectMany.all(JSON.stringify(ids)).map(toStored<Doc>));
  }

  find(query: ViewQuery): Promise<Page<Doc>> {
    return this.read(() => {
      const { statements, cursorAfter } = compileQuery(query);
      // One row more than wanted tells whether there is another page.
      let rows: readonly FoundRow[] = [];
      for (const { sql, bound } of statements) {
        const missing = query.limit + 1 - rows.length;
        if (missing > 0) rows = [...rows, ...this.query(sql).all(...bound, missing)];
      }
      const page = rows.slice(0, query.limit);
      const last = page.at(-1);
      return {
        items: page.map(toStored<Doc>),
        nextCursor: last !== undefined && rows.length > page.length ? cursorAfter(last) : null,
      };
    });
  }

  count(where: readonly Condition[]): Promise<number> {
    return this.read(() => {
      const { sql, bound } = compileCount(where);
      return this.db.prepare<Bound[], { documents: number }>(sql).get(...bound)?.documents ?? 0;
    });
  }

  scan(after: string | undefined, limit: number): Promise<readonly Scanned[]> {
    // No text is before the empty one, and no id is empty.
    return this.read(() => this.selectAfter.all(after ?? '', limit));
  }

  async write(changes: readonly Change<Doc>[], checkpoint: Position | null, lease?: Lease): Promise<void> {
    this.refuseDropped();
    const encoded = changes.map(({ id, position, doc }) => ({
      id,
      position,
      doc: doc === null ? null : JSON.stringify(doc),
    }));
    await this.commits.write(() => {
      // Under this file's lock: whoever has the lease next cannot have written before this is committed.
      const lost = this.lost(lease);
      if (lost !== undefined) return lost;
      for (const { id, position, doc } of encoded) {
        if (doc === null) this.remove.run(id, position);
        else this.upsert.run(id, position, doc);
      }
      if (checkpoint !== null) this.checkpoints.save(subscriber, checkpoint);
      return undefined;
    });
  }

  checkpoint(): Promise<Position | undefined> {
    return this.read(() => this.checkpoints.load(subscriber));
  }

  private async read<Result>(work: () => Result): Promise<Result> {
    return whenFree(() => {
      this.refuseDropped();
      return work();
    });
  }

  private refuseDropped(): void {
    if (!this.db.open) throw new ViewDropped(this.name);
  }

  private query(sql: string) {
    const known = this.queries.get(sql);
    if (known !== undefined) return known;
    const prepared = this.prepareQuery(sql);
    this.queries.set(sql, prepared);
    return prepared;
  }

  private prepareQuery(sql: string) {
    return this.db.prepare<Bound[], FoundRow>(sql);
  }
}

const toStored = <Doc>({ id, position, doc }: DocumentRow): Stored<Doc> => ({
  id,
  position,
  doc: JSON.parse(doc) as Doc,
});
