import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type Sealed } from '../../kernel/sealed.js';
import { type Keys, UnreadableSeal } from '../../ports/keys.js';
import { whenFree } from './busy.js';
import { codeOf, type Database } from './database.js';
import { GroupCommit } from './group-commit.js';
import { decrypt, digest, encrypt, nonceBytes, subkey } from './sealing.js';

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
 * page to page and leaves bytes of it behind: to forget is to overwrite 32 bytes where they are. The row that stays
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

interface Key {
  readonly id: string;
  readonly secret: Buffer;
}

/**
 * Keys in a file of their own, `DATA_DIR/keys.db`, so that they can be kept and backed up apart from what is sealed
 * under them. Nothing is cached: what one process forgets, none can open any more.
 */
export class EmbeddedKeys implements Keys {
  private readonly db: Database;
  private readonly commits: GroupCommit;
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
    this.selectHeld = this.db.prepare<[string], Key & { readonly number: number }>(
      'SELECT number, id, secret FROM holders JOIN secrets USING (number) WHERE customer = ?',
    );
    this.selectById = this.db.prepare<
      [string],
      { readonly customer: string | null; readonly secret: Buffer }
    >('SELECT customer, secret FROM secrets LEFT JOIN holders USING (number) WHERE id = ?');
    this.insertSecret = this.db.prepare<[string, Buffer]>('INSERT INTO secrets (id, secret) VALUES (?, ?)');
    this.insertHolder = this.db.prepare<[string, number | bigint]>(
      'INSERT INTO holders (customer, number) VALUES (?, ?)',
    );
    this.overwrite = this.db.prepare<[Buffer, number]>('UPDATE secrets SET secret = ? WHERE number = ?');
    this.deleteHolder = this.db.prepare<[string]>('DELETE FROM holders WHERE customer = ?');
  }

  async seal(customerId: string, purpose: string, plaintext: string): Promise<Sealed> {
    const { id, secret } = await this.keyOf(customerId);
    const nonce = randomBytes(nonceBytes);
    const text = Buffer.from(plaintext, 'utf8');
    const sealed = encrypt(subkey(secret, sealing), nonce, contextOf(customerId, purpose), text);
    return `${version}.${id}.${Buffer.concat([nonce, sealed]).toString('base64url')}` as Sealed;
  }

  async open(customerId: string, purpose: string, sealed: Sealed): Promise<string | undefined> {
    const [, id, body] = format.exec(sealed) ?? [];
    const key = id === undefined ? undefined : await whenFree(() => this.selectById.get(id));
    if (body === undefined || key === undefined) throw new UnreadableSeal(customerId, purpose);
    if (key.customer === null) return undefined;
    const bytes = Buffer.from(body, 'base64url');
    const [nonce, ciphertext] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes)];
    const plaintext =
      key.customer === customerId && bytes.toString('base64url') === body
        ? decrypt(subkey(key.secret, sealing), nonce, contextOf(customerId, purpose), ciphertext)
        : undefined;
    if (plaintext === undefined) throw new UnreadableSeal(customerId, purpose);
    return plaintext.toString('utf8');
  }

  async fingerprint(customerId: string, text: string): Promise<string> {
    const { secret } = await this.keyOf(customerId);
    return digest(subkey(secret, fingerprinting), text);
  }

  forget(customerId: string): Promise<boolean> {
    return this.commits.write(() => {
      const held = this.selectHeld.get(customerId);
      if (held === undefined) return false;
      this.overwrite.run(Buffer.alloc(secretBytes), held.number);
      this.deleteHolder.run(customerId);
      return true;
    });
  }

  /** Waits for the keys that are being made or forgotten, and closes the file. */
  async close(): Promise<void> {
    await this.commits.close();
    this.db.close();
  }

  /** Of two that make a customer's first key at once, one does and the other finds it. */
  private async keyOf(customerId: string): Promise<Key> {
    const held = await whenFree(() => this.selectHeld.get(customerId));
    return (
      held ??
      (await this.commits.write(() => {
        const meanwhile = this.selectHeld.get(customerId);
        if (meanwhile !== undefined) return meanwhile;
        const key = { id: randomBytes(idBytes).toString('base64url'), secret: randomBytes(secretBytes) };
        this.insertHolder.run(customerId, this.insertSecret.run(key.id, key.secret).lastInsertRowid);
        return key;
      }))
    );
  }
}

const secretBytes = 32;
const idBytes = 12;

/** `v1.<id of the key>.<nonce, ciphertext and tag>`. */
const version = 'v1';
const format = /^v1\.([\w-]{16})\.([\w-]+)$/;

/** The uses of a customer's key. */
const sealing = 'seal v1';
const fingerprinting = 'fingerprint v1';

/** Authenticated, not stored: the seal opens for this customer and purpose only. */
const contextOf = (customerId: string, purpose: string): Buffer =>
  Buffer.from(JSON.stringify([customerId, purpose]), 'utf8');
