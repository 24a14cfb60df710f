import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type Sealed } from '../../kernel/sealed.js';
import { type Keys } from '../../ports/keys.js';
import {
  CustomerKey,
  type FoundKey,
  keyIdOf,
  type KeyMaterial,
  newKey,
  openWith,
  type Secrets,
} from '../sealing/sealing.js';
import { whenFree } from './busy.js';
import { codeOf, type Database } from './database.js';
import { GroupCommit } from './group-commit.js';

/** The keys are not as a start needs them; `code` tells why, for whoever explains it to an operator. */
export class KeysRefused extends Error {
  constructor(
    readonly code: 'KEYS_TOO_OPEN' | 'NOT_A_KEY_FILE',
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'KeysRefused';
  }
}

/** Tells this file from those of other programs. */
const applicationId = 0x0eb5_7032;

const openingTimeoutMs = 10_000;
/** Short, because waiting for another process's lock stops this process's event loop; whenFree tries again. */
const lockTimeoutMs = 2;

/**
 * Rows of `secrets` are appended and never deleted nor made longer or shorter, so that SQLite never copies one from
 * page to page and leaves bytes of it behind: to forget is to overwrite its bytes where they are. The row that stays
 * tells a key that was forgotten from one that this file never had. `holders` has no secrets.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS secrets (
    number INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    secret BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS holders (
    customer TEXT PRIMARY KEY,
    number   INTEGER NOT NULL UNIQUE
  ) WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
`;

/**
 * A rollback journal and no write-ahead log: a log would keep former pages, with former keys, until it happens to be
 * written over. The journal is cut to nothing with every commit, and `secure_delete` overwrites what is freed in the
 * file. FULL: a key is on the disk before anything is sealed under it.
 */
const openDatabase = (path: string): Database => {
  const db = new Sqlite(path, { timeout: openingTimeoutMs });
  try {
    db.pragma('journal_mode = TRUNCATE');
    db.pragma('synchronous = FULL');
    db.pragma('secure_delete = ON');
    db.pragma('temp_store = MEMORY');
    // Together, since another process may be making the file.
    db.transaction(() => {
      const id = db.pragma('application_id', { simple: true });
      if (id === applicationId) return;
      const tables = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
      if (id !== 0 || tables !== 0) {
        throw new KeysRefused('NOT_A_KEY_FILE', `${path} is the file of another program.`);
      }
      db.exec(schema);
    }).exclusive();
    db.pragma(`busy_timeout = ${lockTimeoutMs}`);
    return db;
  } catch (error) {
    db.close();
    if (!/^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(error))) throw error;
    throw new KeysRefused('NOT_A_KEY_FILE', `${path} is damaged.`, error);
  }
};

/**
 * Readable by its owner alone from the moment it exists; SQLite gives the journal the mode of the file. A file that
 * others can read is refused and not silently mended: whoever runs the program should know that it could be read.
 */
const makePrivate = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new KeysRefused('KEYS_TOO_OPEN', `${path} can be read by others than its owner.`);
  }
};

interface HeldRow {
  readonly number: number;
  readonly id: string;
  readonly secret: Buffer;
}

interface SecretRow {
  /** null: forgotten. */
  readonly customer: string | null;
  readonly secret: Buffer;
}

/** More would not be used soon again. */
const mostKnown = 10_000;

/**
 * Keys in a file of their own, `DATA_DIR/keys.db`, so that they can be kept and backed up apart from what is sealed
 * under them. Those used lately are remembered until another connection changes the file, which every use looks at
 * first: what one process forgets, none can open any more.
 */
export class EmbeddedKeys implements Keys {
  private readonly db: Database;
  private readonly commits: GroupCommit;
  private readonly byCustomer = new Map<string, CustomerKey>();
  private readonly byId = new Map<string, CustomerKey>();
  /** As of when the keys are remembered. */
  private version: number | undefined;
  private readonly dataVersion;
  private readonly selectHeld;
  private readonly selectById;
  private readonly insertSecret;
  private readonly insertHolder;
  private readonly overwrite;
  private readonly deleteHolder;

  /** @throws KeysRefused */
  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true });
    const path = join(dataDir, 'keys.db');
    makePrivate(path);
    this.db = openDatabase(path);
    this.commits = new GroupCommit(this.db, () => undefined);
    this.dataVersion = this.db.prepare<[], number>('PRAGMA data_version').pluck();
    this.selectHeld = this.db.prepare<[string], HeldRow>(
      'SELECT number, id, secret FROM holders JOIN secrets USING (number) WHERE customer = ?',
    );
    this.selectById = this.db.prepare<[string], SecretRow>(
      'SELECT customer, secret FROM secrets LEFT JOIN holders USING (number) WHERE id = ?',
    );
    this.insertSecret = this.db.prepare<[string, Buffer]>('INSERT INTO secrets (id, secret) VALUES (?, ?)');
    this.insertHolder = this.db.prepare<[string, number | bigint]>(
      'INSERT INTO holders (customer, number) VALUES (?, ?)',
    );
    this.overwrite = this.db.prepare<[Buffer, number]>('UPDATE secrets SET secret = ? WHERE number = ?');
    this.deleteHolder = this.db.prepare<[string]>('DELETE FROM holders WHERE customer = ?');
  }

  async seal(customerId: string, purpose: string, plaintext: string): Promise<Sealed> {
    return (await this.keyOf(customerId)).seal(purpose, plaintext);
  }

  async open(customerId: string, purpose: string, sealed: Sealed): Promise<string | undefined> {
    const id = keyIdOf(sealed);
    const key = id === undefined ? 'unknown' : await whenFree(() => this.withId(id));
    return openWith(key, customerId, purpose, sealed);
  }

  async fingerprint(customerId: string, text: string): Promise<string> {
    return (await this.keyOf(customerId)).fingerprint(text);
  }

  forget(customerId: string): Promise<boolean> {
    return this.commits.write(() => {
      const held = this.selectHeld.get(customerId);
      if (held === undefined) return false;
      this.overwrite.run(Buffer.alloc(held.secret.length), held.number);
      this.deleteHolder.run(customerId);
      this.byCustomer.delete(customerId);
      this.byId.delete(held.id);
      return true;
    });
  }

  /** The file alone, for keys that are not kept as they are. */
  readonly secrets: Secrets = {
    held: (customerId) => whenFree(() => this.selectHeld.get(customerId)),
    hold: (customerId, made) => this.hold(customerId, made),
    withId: (id) => whenFree(() => this.find(id)),
    forget: (customerId) => this.forget(customerId),
  };

  /** Waits for the keys that are being made or forgotten, and closes the file. */
  async close(): Promise<void> {
    await this.commits.close();
    this.db.close();
  }

  /** Of two that make a customer's first key at once, one does and the other finds it. */
  private async keyOf(customerId: string): Promise<CustomerKey> {
    const held = await whenFree(() => this.heldBy(customerId));
    if (held !== undefined) return held;
    const { id, secret } = await this.hold(customerId, newKey());
    // Not remembered: it may have been forgotten in the same transaction.
    return new CustomerKey(customerId, id, secret);
  }

  private hold(customerId: string, made: KeyMaterial): Promise<KeyMaterial> {
    return this.commits.write(() => {
      const meanwhile = this.selectHeld.get(customerId);
      if (meanwhile !== undefined) return meanwhile;
      this.insertHolder.run(customerId, this.insertSecret.run(made.id, made.secret).lastInsertRowid);
      return made;
    });
  }

  private heldBy(customerId: string): CustomerKey | undefined {
    this.lookForChanges();
    const known = this.byCustomer.get(customerId);
    if (known !== undefined) return known;
    const row = this.selectHeld.get(customerId);
    return row && this.remember(new CustomerKey(customerId, row.id, row.secret));
  }

  private withId(id: string): FoundKey {
    this.lookForChanges();
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const found = this.find(id);
    return typeof found === 'string'
      ? found
      : this.remember(new CustomerKey(found.customer, id, found.secret));
  }

  private find(id: string): Awaited<ReturnType<Secrets['withId']>> {
    const row = this.selectById.get(id);
    if (row === undefined) return 'unknown';
    return row.customer === null ? 'forgotten' : { customer: row.customer, secret: row.secret };
  }

  private remember(key: CustomerKey): CustomerKey {
    if (this.byId.size >= mostKnown) this.letGo();
    this.byCustomer.set(key.customer, key);
    this.byId.set(key.id, key);
    return key;
  }

  /** Of other connections; this one's own are known. */
  private lookForChanges(): void {
    const version = this.dataVersion.get();
    if (version !== this.version) this.letGo();
    this.version = version;
  }

  private letGo(): void {
    this.byCustomer.clear();
    this.byId.clear();
  }
}
