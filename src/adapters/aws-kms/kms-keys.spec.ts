import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageUnavailable } from '../../ports/storage.js';
import { UnreadableSeal } from '../../ports/keys.js';
import { describeKeysContract } from '../../testing/keys.contract.js';
import { EmbeddedKeys } from '../embedded/keys.js';
import { openKms } from './index.js';
import { KmsKeys } from './kms-keys.js';
import { KmsUnusable, KmsWrapping } from './kms-wrapping.js';
import { KmsStandIn } from './testing/stand-in.js';

const site = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kms-'));
  const kms = await KmsStandIn.start();
  const files: EmbeddedKeys[] = [];
  const engines: { close(): Promise<void> }[] = [];
  const file = (): EmbeddedKeys => {
    const opened = new EmbeddedKeys(dataDir);
    files.push(opened);
    return opened;
  };
  return {
    dataDir,
    kms,
    file,
    open: () => {
      const engine = openKms({ keyId: kms.keyId, client: kms.client });
      engines.push(engine);
      return engine.keysWith(file().secrets);
    },
    dispose: async () => {
      await Promise.all([...files, ...engines].map((opened) => opened.close()));
      await kms.stop();
      await rm(dataDir, { recursive: true });
    },
  };
};

describeKeysContract('The embedded file, wrapped by a stand-in for KMS,', async () => {
  const { open, dispose } = await site();
  return { keys: open(), another: () => Promise.resolve(open()), dispose };
});

describe('Keys that KMS wraps', () => {
  let its: Awaited<ReturnType<typeof site>>;

  beforeEach(async () => {
    its = await site();
  });

  afterEach(() => its.dispose());

  it('ask KMS once for each, as long as they are remembered', async () => {
    const client = new KMSClient(its.kms.client);
    let now = 0;
    const keys = new KmsKeys(its.file().secrets, new KmsWrapping(client, its.kms.keyId), {
      ...{ longestMs: 10, most: 2, now: () => now },
    });
    const sealed = await keys.seal('ann', 'note', 'text');
    await keys.fingerprint('ann', 'text');
    await keys.open('ann', 'note', sealed);
    expect(its.kms.asked).toEqual({ GenerateDataKey: 1, Decrypt: 0 });
    now = 10;
    await Promise.all([1, 2, 3].map(() => keys.open('ann', 'note', sealed)));
    expect(its.kms.asked).toEqual({ GenerateDataKey: 1, Decrypt: 1 });
    // Two more, and the first is one too many.
    await keys.seal('bob', 'note', 'text');
    await keys.seal('carl', 'note', 'text');
    expect(await keys.open('ann', 'note', sealed)).toBe('text');
    expect(its.kms.asked).toEqual({ GenerateDataKey: 3, Decrypt: 2 });
    client.destroy();
  });

  it('are in the file as KMS has wrapped them: without it they open nothing', async () => {
    const sealed = await its.open().seal('ann', 'note', 'text');
    const plain = its.file();
    const sentence = 'The key of ann was wrapped by AWS KMS: set KEYS_KMS_KEY_ID, as it was then.';
    await expect(plain.open('ann', 'note', sealed)).rejects.toThrow(sentence);
    await expect(plain.seal('ann', 'note', 'text')).rejects.toThrow(sentence);
    const other = await site();
    const elsewhere = openKms({ keyId: other.kms.keyId, client: other.kms.client });
    const keys = elsewhere.keysWith(its.file().secrets);
    await expect(keys.open('ann', 'note', sealed)).rejects.toThrow(new UnreadableSeal('ann', 'note'));
    await expect(keys.seal('ann', 'note', 'text')).rejects.toThrow('The key of ann cannot be unwrapped');
    await elsewhere.close();
    await other.dispose();
  });

  it('serve only the customer that they were made for, wherever the file says they belong', async () => {
    const wrapping = new KmsWrapping(new KMSClient(its.kms.client), its.kms.keyId);
    const { secret, wrapped } = await wrapping.make('ann');
    expect(await wrapping.unwrap('ann', wrapped)).toEqual(secret);
    expect(await wrapping.unwrap('bob', wrapped)).toBeUndefined();
  });

  it('leave no byte of what is forgotten', async () => {
    const keys = its.open();
    const file = its.file();
    await keys.seal('ann', 'note', 'text');
    const { secret = Buffer.alloc(0) } = (await file.secrets.held('ann')) ?? {};
    const isThere = () =>
      readdirSync(its.dataDir).some((name) => readFileSync(join(its.dataDir, name)).includes(secret));
    expect([secret.length > 32, isThere()]).toEqual([true, true]);
    await keys.forget('ann');
    expect(isThere()).toBe(false);
  });

  it('go on with keys from before KMS was used', async () => {
    const sealed = await its.file().seal('ann', 'note', 'text');
    const keys = its.open();
    expect(await keys.open('ann', 'note', sealed)).toBe('text');
    expect(await its.file().open('ann', 'note', await keys.seal('ann', 'note', 'more'))).toBe('more');
    expect(its.kms.asked).toEqual({ GenerateDataKey: 0, Decrypt: 0 });
  });

  it('cannot be had while KMS does not answer, and can as soon as it does', async () => {
    const sealed = await its.open().seal('ann', 'note', 'text');
    const keys = its.open();
    its.kms.failure = { status: 500, type: 'KMSInternalException' };
    await expect(keys.open('ann', 'note', sealed)).rejects.toThrow(StorageUnavailable);
    await expect(keys.seal('bob', 'note', 'text')).rejects.toThrow(StorageUnavailable);
    its.kms.failure = undefined;
    expect(await keys.open('ann', 'note', sealed)).toBe('text');
  });

  it.each(['AccessDeniedException', 'NotFoundException', 'DisabledException', 'KMSInvalidStateException'])(
    'are refused at the start when KMS answers %s',
    async (type) => {
      const engine = openKms({ keyId: its.kms.keyId, client: its.kms.client });
      await engine.check();
      its.kms.failure = { status: 400, type };
      await expect(engine.check()).rejects.toThrow(KmsUnusable);
      await expect(engine.check()).rejects.toThrow(
        `AWS KMS does not let this program use KEYS_KMS_KEY_ID=alias/customers (${type}: as told). It must be`,
      );
      its.kms.failure = { status: 500, type: 'KMSInternalException' };
      await expect(engine.check()).rejects.toThrow(StorageUnavailable);
      await engine.close();
    },
  );
});
