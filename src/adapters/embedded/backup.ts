import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

/** What lies in the folder of a backup. */
export interface Backup {
  readonly events: number;
  /** undefined when none are kept in the data folder. */
  readonly keys: string | undefined;
  readonly store: string;
}

export class BackupRefused extends Error {}

/** A writer that is at it. */
const lockTimeoutMs = 10_000;
/** In one go: a copy in parts begins anew whenever another process writes (https://sqlite.org/c3ref/backup_finish.html). */
const allPages = 0x7fff_ffff;

/**
 * Copies the truth of a data folder, whoever works on it meanwhile: each file as it is at one moment. The keys come
 * last, so that each that something in the copied store is sealed under is among them.
 * @throws BackupRefused, SqliteError
 */
export const backUp = async (dataDir: string, folder: string): Promise<Backup> => {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new BackupRefused(`${folder} is not empty. Name a folder that is, or that is not there yet.`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = join(folder, 'store.db');
  await copy(join(dataDir, 'store.db'), store);
  const events = countEvents(store);
  const ofKeys = join(dataDir, 'keys.db');
  if (!existsSync(ofKeys)) return { events, store, keys: undefined };
  const keys = join(folder, 'keys.db');
  await copy(ofKeys, keys);
  return { events, store, keys };
};

const copy = async (from: string, to: string): Promise<void> => {
  const db = new Sqlite(from, { fileMustExist: true, timeout: lockTimeoutMs });
  const mask = process.umask(0o077);
  try {
    await db.backup(to, { progress: () => allPages });
  } finally {
    process.umask(mask);
    db.close();
  }
  const made = new Sqlite(to, { fileMustExist: true });
  try {
    const found: unknown = made.pragma('quick_check', { simple: true });
    if (found !== 'ok')
      throw new BackupRefused(`${from} is damaged: ${String(found)}. The copy is of no use.`);
  } finally {
    made.close();
  }
};

const countEvents = (path: string): number => {
  const db = new Sqlite(path, { fileMustExist: true });
  try {
    return db.prepare<[], number>('SELECT count(*) FROM events').pluck().get() ?? 0;
  } finally {
    db.close();
  }
};
