import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { UnreadableSeal } from '../../ports/keys.js';
import { describeKeysContract } from '../../testing/keys.contract.js';
import { EmbeddedKeys, KeysRefused } from './keys.js';
import { decrypt, digest, encrypt, subkey } from './sealing.js';

const folder = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'keys-'));
  const opened: EmbeddedKeys[] = [];
  return {
    dataDir,
    open: () => {
      const keys = new EmbeddedKeys(dataDir);
      opened.push(keys);
      return keys;
    },
    dispose: async () => {
      await Promise.all(opened.map((keys) => keys.close()));
      await rm(dataDir, { recursive: true });
    },
  };
};

describeKeysContract('The embedded file', async () => {
  const { open, dispose } = await folder();
  return { keys: open(), another: () => Promise.resolve(open()), dispose };
});

describe('The file of keys', () => {
  let site: Awaited<ReturnType<typeof folder>>;
  const file = () => join(site.dataDir, 'keys.db');
  const modeOf = (name: string) => statSync(join(site.dataDir, name)).mode & 0o777;

  beforeEach(async () => {
    site = await folder();
  });

  afterEach(() => site.dispose());

  it('and what SQLite puts beside it can be read by its owner alone, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const keys = site.open();
      await keys.seal('ann', 'note', 'text');
      await keys.forget('ann');
    } finally {
      process.umask(before);
    }
    const names = readdirSync(site.dataDir);
    expect(names).toContain('keys.db');
    expect(names.map(modeOf)).toStrictEqual(names.map(() => 0o600));
  });

  it('is refused when others can read it', async () => {
    await site.open().seal('ann', 'note', 'text');
    for (const mode of [0o640, 0o604, 0o660]) {
      await chmod(file(), mode);
      expect(() => site.open()).toThrow(
        new KeysRefused('KEYS_TOO_OPEN', `${file()} can be read by others than its owner.`),
      );
    }
    chmodSync(file(), 0o600);
    site.open();
  });

  it('is refused when it is something else', () => {
    writeFileSync(file(), 'not a database, and long enough to be read as one'.repeat(100), { mode: 0o600 });
    expect(() => site.open()).toThrow(
      expect.objectContaining({ code: 'NOT_A_KEY_FILE', message: `${file()} is damaged.` }),
    );
    writeFileSync(file(), '');
    const foreign = new Sqlite(file());
    foreign.exec('CREATE TABLE other (id)');
    foreign.close();
    expect(() => site.open()).toThrow(
      new KeysRefused('NOT_A_KEY_FILE', `${file()} is the file of another program.`),
    );
  });

  it('that was lost is no customer forgotten: what it sealed is unreadable, loudly', async () => {
    const first = site.open();
    const sealed = await first.seal('ann', 'note', 'text');
    await first.close();
    await rm(file());
    await rm(`${file()}-journal`, { force: true });
    await expect(site.open().open('ann', 'note', sealed)).rejects.toThrow(UnreadableSeal);
  });

  it('keeps no byte of a forgotten key, however many there were', async () => {
    const keys = site.open();
    const customers = Array.from({ length: 3_000 }, (_, n) => `customer ${n * 7_919}`);
    await Promise.all(customers.map((customer) => keys.fingerprint(customer, 'text')));
    const reader = new Sqlite(file(), { readonly: true });
    const secrets = reader
      .prepare<[], { customer: string; secret: Buffer }>(
        'SELECT customer, secret FROM holders JOIN secrets USING (number)',
      )
      .all();
    reader.close();
    // One after another and in any order, as they come, with new ones in between.
    const shuffled = secrets.toSorted((a, b) => a.secret.compare(b.secret));
    const [forgotten, kept] = [shuffled.slice(0, 2_000), shuffled.slice(2_000)];
    for (let from = 0; from < forgotten.length; from += 100) {
      await Promise.all([
        ...forgotten.slice(from, from + 100).map(({ customer }) => keys.forget(customer)),
        keys.fingerprint(`new customer ${from}`, 'text'),
      ]);
    }
    const bytes = readdirSync(site.dataDir).map((name) => readFileSync(join(site.dataDir, name)));
    const found = (secret: Buffer) =>
      bytes.some(
        (content) => content.includes(secret.subarray(0, 12)) || content.includes(secret.subarray(-12)),
      );
    expect(forgotten.filter(({ secret }) => found(secret))).toStrictEqual([]);
    expect(kept.every(({ secret }) => found(secret))).toBe(true);
  });
});

const hex = (text: string) => Buffer.from(text, 'hex');

describe('Sealing', () => {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
  const nonce = hex('cafebabefacedbaddecaf888');
  const context = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
  const plaintext = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  );
  const sealed = hex(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  );

  it('is AES-256-GCM', () => {
    expect(encrypt(key, nonce, context, plaintext)).toStrictEqual(sealed);
    expect(decrypt(key, nonce, context, sealed)).toStrictEqual(plaintext);
  });

  it('opens nothing that was changed, cut off or sealed for something else', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(decrypt(key, nonce, context, changed)).toBeUndefined();
      expect(decrypt(key, nonce, context, sealed.subarray(0, at))).toBeUndefined();
    }
    expect(decrypt(key, nonce, Buffer.from('else'), sealed)).toBeUndefined();
    expect(decrypt(key, nonce.subarray(1), context, sealed)).toBeUndefined();
  });

  it('derives keys by HKDF-SHA-256 and digests by HMAC-SHA-256', () => {
    // RFC 5869, test case 3, the first 32 bytes; RFC 4231, test case 2.
    expect(subkey(Buffer.alloc(22, 0x0b), '').toString('hex')).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
    );
    expect(
      Buffer.from(digest(Buffer.from('Jefe'), 'what do ya want for nothing?'), 'base64url'),
    ).toStrictEqual(hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'));
    expect(subkey(key, 'one')).not.toStrictEqual(subkey(key, 'another'));
  });
});
