import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { deadLettersSchema } from './dead-letters.schema.js';
import { generationsSchema } from './generations.schema.js';
import { inboxSchema } from './inbox.schema.js';
import { outboxSchema } from './outbox.schema.js';
import { registrySchema } from './registry-tables.js';
import { messageSchema } from './message-schema.js';

export type Database = Sqlite.Database;

/** Long enough for two processes that create the file at the same moment. */
const openingTimeoutMs = 10_000;
/** Short, because waiting for another process's lock stops this process's event loop; GroupCommit tries again. */
const lockTimeoutMs = 2;

/** Each part is made when it is not there yet. */
const core = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream   TEXT NOT NULL,
    revision INTEGER NOT NULL,
    id       TEXT NOT NULL,
    type     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    data     TEXT NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (stream, revision)
  );
  CREATE TABLE IF NOT EXISTS checkpoints (
    subscriber TEXT PRIMARY KEY,
    position   TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS leases (
    name       TEXT PRIMARY KEY,
    owner      TEXT,
    token      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

const schema: readonly string[] = [
  core,
  messageSchema,
  registrySchema,
  generationsSchema,
  inboxSchema,
  deadLettersSchema,
  outboxSchema,
];

/** The file of the embedded engine's truth. A commit is on the disk before it is acknowledged. */
export const openDatabase = (dataDir: string, cacheKb = 65_536): Database => {
  mkdirSync(dataDir, { recursive: true });
  const db = openFile(join(dataDir, 'store.db'), {
    synchronous: 'FULL',
    cacheKb,
    tables: schema.join(''),
  });
  // Views lived in this file once; they are rebuilt in files of their own.
  const former = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'view_*'")
    .pluck()
    .all();
  for (const table of former) db.exec(`DROP TABLE IF EXISTS "${table}"`);
  return db;
};

export interface FileOptions {
  /**
   * FULL: what is committed survives a power cut. NORMAL: the last commits may be undone by one, in order, and the
   * file stays whole (https://sqlite.org/pragma.html#pragma_synchronous).
   */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Of the memory for pages, when they are needed. */
  readonly cacheKb: number;
  /** Made when they are not there yet. */
  readonly tables: string;
  /** Fails with SQLITE_CANTOPEN where there is no file, instead of making one. */
  readonly mustExist?: boolean;
}

/** A file of ours, in WAL mode. Several processes may open it. */
export const openFile = (
  path: string,
  { synchronous, cacheKb, tables, mustExist = false }: FileOptions,
): Database => {
  const db = new Sqlite(path, { timeout: openingTimeoutMs, fileMustExist: mustExist });
  refuseForeign(db);
  switchToWal(db);
  db.pragma(`synchronous = ${synchronous}`);
  // Fewer, larger checkpoints: what is written often in between is copied once.
  db.pragma('wal_autocheckpoint = 8000');
  db.pragma('journal_size_limit = 67108864');
  db.pragma(`cache_size = -${cacheKb}`);
  db.transaction(() => {
    db.pragma(`application_id = ${applicationId}`);
    db.exec(tables);
  }).immediate();
  db.pragma(`busy_timeout = ${lockTimeoutMs}`);
  return db;
};

/** Tells our files from those of other programs (https://sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x0eb5_7031;

class NotAStore extends Error {
  readonly code = 'NOT_A_STORE';
}

const refuseForeign = (db: Database): void => {
  const id = db.pragma('application_id', { simple: true });
  if (id === applicationId) return;
  const tables = db
    .prepare<[], number>("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .get();
  if (id !== 0 || tables !== 0) throw new NotAStore(`${db.name} is the file of another program.`);
};

/** SQLite does not wait for the lock that this takes (https://sqlite.org/wal.html#busy): two new processes may meet. */
const switchToWal = (db: Database): void => {
  const deadline = Date.now() + openingTimeoutMs;
  for (;;) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
};

export const isBusy = (error: unknown): boolean => codeOf(error).startsWith('SQLITE_BUSY');

const storageFaults = /^SQLITE_(FULL|IOERR|CORRUPT|NOTADB|READONLY|CANTOPEN|PROTOCOL|NOMEM)/;

/** The file or the disk failed, not one statement: whatever shares the transaction has failed too. */
export const isStorageFault = (error: unknown): boolean => storageFaults.test(codeOf(error));

/** A unique key is in use; the statement has changed nothing. */
export const isTaken = (error: unknown): boolean => codeOf(error) === 'SQLITE_CONSTRAINT_UNIQUE';

/** By its code: the class of SQLite's errors is that of the first module instance that loaded the driver. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
