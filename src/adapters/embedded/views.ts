import { type Position } from '../../kernel/envelope.js';
import { type Lease } from '../../ports/leases.js';
import {
  type Change,
  type Page,
  type Path,
  type Stored,
  type View,
  type ViewDefinition,
  type ViewQuery,
  type Views,
} from '../../ports/views.js';
import { whenFree } from './busy.js';
import { checkpointRows } from './checkpoints.js';
import { type Database } from './database.js';
import { type GroupCommit } from './group-commit.js';
import { fence } from './leases.js';
import { compileQuery, valueAt } from './view-query.js';

/** How long opening a view may wait, and block, while other processes write: at start-up nobody is served yet. */
const openingTimeoutMs = 10_000;

interface DocumentRow {
  readonly id: string;
  readonly position: Position;
  readonly doc: string;
}

interface FoundRow extends DocumentRow {
  readonly sort_value: string | number | null;
}

/** Each view is a table of JSON documents, with an index on expressions for every list of paths. */
export class EmbeddedViews implements Views {
  constructor(
    private readonly db: Database,
    private readonly commits: GroupCommit,
  ) {}

  /** Makes the table and the indexes when they are not there yet. */
  open<Doc extends object>({ name, indexes }: ViewDefinition): View<Doc> {
    if (!/^[A-Za-z0-9_]+$/.test(name)) throw new RangeError(`Not a name for a view: ${name}`);
    const table = `"view_${name}"`;
    const ddl = [
      `CREATE TABLE IF NOT EXISTS ${table} (id TEXT PRIMARY KEY, position TEXT NOT NULL, doc TEXT NOT NULL)`,
      ...indexes.map((paths) => createIndex(name, table, paths)),
    ];
    const lockTimeoutMs = Number(this.db.pragma('busy_timeout', { simple: true }));
    this.db.pragma(`busy_timeout = ${openingTimeoutMs}`);
    try {
      this.db.transaction(() => this.db.exec(ddl.join(';'))).immediate();
    } finally {
      this.db.pragma(`busy_timeout = ${lockTimeoutMs}`);
    }
    return new EmbeddedView<Doc>(this.db, this.commits, name, table);
  }
}

/** The id at the end breaks ties in sort order. */
const createIndex = (name: string, table: string, paths: readonly Path[]): string =>
  `CREATE INDEX IF NOT EXISTS "view_${name}_by_${paths.join('_and_')}"
   ON ${table} (${[...paths.map(valueAt), 'id'].join(', ')})`;

class EmbeddedView<Doc extends object> implements View<Doc> {
  private readonly subscriber: string;
  private readonly checkpoints;
  private readonly lost;
  private readonly selectOne;
  private readonly selectMany;
  private readonly upsert;
  private readonly remove;
  /** By text: queries differ in their values far more often than in their shape. */
  private readonly queries = new Map<string, ReturnType<typeof this.prepareQuery>>();

  constructor(
    private readonly db: Database,
    private readonly commits: GroupCommit,
    name: string,
    private readonly table: string,
  ) {
    this.subscriber = `view:${name}`;
    this.checkpoints = checkpointRows(db);
    this.lost = fence(db);
    this.selectOne = db.prepare<[string], DocumentRow>(`SELECT id, position, doc FROM ${table} WHERE id = ?`);
    this.selectMany = db.prepare<[string], DocumentRow>(
      `SELECT id, position, doc FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`,
    );
    this.upsert = db.prepare<[string, Position, string]>(
      `INSERT INTO ${table} (id, position, doc) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET position = excluded.position, doc = excluded.doc
       WHERE excluded.position > position`,
    );
    this.remove = db.prepare<[string, Position]>(`DELETE FROM ${table} WHERE id = ? AND position < ?`);
  }

  get(id: string): Promise<Stored<Doc> | undefined> {
    return whenFree(() => {
      const row = this.selectOne.get(id);
      return row && toStored<Doc>(row);
    });
  }

  getMany(ids: readonly string[]): Promise<readonly Stored<Doc>[]> {
    return whenFree(() => this.selectMany.all(JSON.stringify(ids)).map(toStored<Doc>));
  }

  find(query: ViewQuery): Promise<Page<Doc>> {
    return whenFree(() => {
      const { statements, cursorAfter } = compileQuery(this.table, query);
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

  async write(changes: readonly Change<Doc>[], checkpoint: Position, lease?: Lease): Promise<void> {
    const encoded = changes.map(({ id, position, doc }) => ({
      id,
      position,
      doc: doc === null ? null : JSON.stringify(doc),
    }));
    await this.commits.write(() => {
      const lost = this.lost(lease);
      if (lost !== undefined) return lost;
      for (const { id, position, doc } of encoded) {
        if (doc === null) this.remove.run(id, position);
        else this.upsert.run(id, position, doc);
      }
      this.checkpoints.save(this.subscriber, checkpoint);
      return undefined;
    });
  }

  checkpoint(): Promise<Position | undefined> {
    return whenFree(() => this.checkpoints.load(this.subscriber));
  }

  private query(sql: string) {
    const known = this.queries.get(sql);
    if (known !== undefined) return known;
    const prepared = this.prepareQuery(sql);
    this.queries.set(sql, prepared);
    return prepared;
  }

  private prepareQuery(sql: string) {
    return this.db.prepare<(string | number | null)[], FoundRow>(sql);
  }
}

const toStored = <Doc>({ id, position, doc }: DocumentRow): Stored<Doc> => ({
  id,
  position,
  doc: JSON.parse(doc) as Doc,
});
