import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { UnreadableSeal } from '../../ports/keys.js';
import { describeKeysContract } from '../../testing/keys.contract.js';
import { EmbeddedKeys, KeysRefused } from './keys.js';

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
