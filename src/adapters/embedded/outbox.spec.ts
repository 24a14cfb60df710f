import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Mail } from '../../ports/mailer.js';
import { openEmbedded } from './index.js';

const mail = (id: string, customerId = 'ann', text = `text of ${id}`): Mail => ({
  id,
  customerId,
  to: { name: 'Ann Example', email: 'ann@example.test' },
  subject: `subject of ${id}`,
  text,
});

describe('The embedded outbox', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'outbox-'));
    engine = openEmbedded({ dataDir });
  });

  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  it('keeps what is sent, also for other processes', async () => {
    await Promise.all([mail('a/1'), mail('a/2'), mail('b/1', 'bob')].map((each) => engine.outbox.send(each)));
    const other = openEmbedded({ dataDir });
    const sent = await other.outbox.sent(['b/1', 'a/1', 'none']);
    await other.close();
    expect(new Set(sent)).toStrictEqual(new Set([mail('a/1'), mail('b/1', 'bob')]));
    expect(await engine.outbox.sent([])).toStrictEqual([]);
  });

  it('has no word of a mail in any file', async () => {
    await engine.outbox.send(mail('a/1'));
    const words = ['Ann Example', 'ann@example.test', 'subject of', 'text of'];
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    expect(words.filter((word) => files.some((bytes) => bytes.includes(word)))).toStrictEqual([]);
  });

  it('takes the same mail once', async () => {
    await Promise.all([1, 2].map(() => engine.outbox.send(mail('a/1'))));
    await engine.outbox.send(mail('a/1', 'ann', 'another text'));
    expect(await engine.outbox.sent(['a/1'])).toStrictEqual([mail('a/1')]);
  });

  it('cannot read the mails of a customer who is forgotten', async () => {
    await engine.outbox.send(mail('a/1'));
    await engine.outbox.send(mail('b/1', 'bob'));
    await engine.keys.forget('ann');
    expect(await engine.outbox.sent(['a/1', 'b/1'])).toStrictEqual([mail('b/1', 'bob')]);
  });
});
