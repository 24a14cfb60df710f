import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { Binary, type Db, ObjectId } from 'mongodb';
import { type Failure, type Parking, queueName } from '../../ports/dead-letters.js';
import { StorageUnavailable } from '../../ports/storage.js';
import { untilHolds } from '../../testing/until.js';
import { EmbeddedKeys } from '../embedded/keys.js';
import { queueId, queuesName } from './dead-letters.documents.js';
import { MongoDeadLetters } from './dead-letters.js';
import { MongoInbox } from './inbox.js';
import { MongoKeys } from './keys.js';
import { type LettersSite, lettersSite } from './testing/letters-site.js';

const at = { topic: 'orders', partition: 0 };
const key = Buffer.from('a');
const failure: Failure = {
  errorClass: 'OutOfStock',
  causeClass: null,
  // Both mean something to the server where it takes them for an expression.
  message: '$offset',
  stack: '$$ROOT',
  fingerprint: 'out-of-stock',
  attempts: 3,
};
const parking = (offset: number, group = 'shipping'): Parking => ({
  group,
  message: { ...at, offset, timestamp: 1_000, key, value: null, headers: [] },
  eventId: `event ${group} ${offset}`,
  eventType: null,
});

let site: LettersSite;
let db: Db;
let deadLetters: MongoDeadLetters;

beforeAll(async () => {
  site = await lettersSite();
  const databases = site.databasesOf(site.connect());
  db = databases.of('shipping');
  deadLetters = new MongoDeadLetters(databases);
});

afterEach(() => site.empty());

afterAll(() => site.dispose());

const states = async () => {
  const { items } = await deadLetters.find({}, { limit: 100 });
  return items.map(({ eventId, state }) => `${eventId} ${state}`);
};
const idOf = async (offset: number) => {
  const { items } = await deadLetters.find({}, { limit: 100 });
  return items.find(({ message }) => message.offset === offset)?.id ?? '';
};
const due = async () => (await deadLetters.due('shipping', [at], 10)).map(({ eventId }) => eventId);
const blocked = async () => Object.fromEntries(await deadLetters.blocked('shipping', at, [key]));

describe('Dead letters on MongoDB', () => {
  it('of groups in several databases are found, counted and redriven as one', async () => {
    await deadLetters.park(parking(1), failure, 1);
    await deadLetters.park(parking(1, 'other'), failure, 2);
    await deadLetters.parkBehind(parking(2), 3);
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await deadLetters.find({}, { limit: 1, cursor });
      pages.push(...page.items.map(({ eventId }) => eventId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages).toStrictEqual(['event shipping 1', 'event other 1', 'event shipping 2']);
    expect(await deadLetters.count({})).toStrictEqual({ failed: 2, due: 0, waiting: 1 });
    const groups = await deadLetters.failures({}, 10);
    expect(groups.map(({ group, message, waiting }) => [group, message, waiting])).toStrictEqual([
      ['other', '$offset', 0],
      ['shipping', '$offset', 1],
    ]);
    expect(await deadLetters.redrive({}, 2)).toBe(2);
    expect([await deadLetters.permit('other', 5), await deadLetters.permit('other', 5)]).toStrictEqual([
      0, 500,
    ]);
    const ids = (await deadLetters.find({}, { limit: 10 })).items.map(({ id }) => id);
    await deadLetters.failedAgain(ids[1] ?? '', failure, 4);
    expect(await deadLetters.get(ids[1] ?? '')).toMatchObject({ state: 'failed', failure, attempts: 6 });
    await deadLetters.remove(ids);
    expect(await states()).toStrictEqual([]);
  });

  it('whose removal was left unfinished go on nevertheless', async () => {
    await deadLetters.park(parking(1), failure, 1);
    await deadLetters.parkBehind(parking(2), 2);
    // As a process leaves it that is killed after it has taken the letter out.
    await enter(new ObjectId());
    await db.collection<{ _id: string }>('dead_letters').deleteOne({ _id: await idOf(1) });
    expect(await blocked()).toStrictEqual({ [queueName(key)]: 1 });
    await untilHolds(async () => {
      expect(await due()).toStrictEqual(['event shipping 2']);
    });
    await deadLetters.remove([await idOf(2)]);
    // Nobody can tell yet whether it will come to an end.
    expect(await blocked()).toStrictEqual({ [queueName(key)]: 1 });
  });

  it('whose parking was left unfinished keep their queue, and open it again when it is given up', async () => {
    const minutesAgo = ObjectId.createFromTime(Math.floor(Date.now() / 1_000) - 120);
    await deadLetters.park(parking(1), failure, 1);
    await enter(new ObjectId());
    await deadLetters.remove([await idOf(1)]);
    expect(await states()).toStrictEqual([]);
    expect(await deadLetters.parkBehind(parking(2), 2)).toBe(true);
    expect(await states()).toStrictEqual(['event shipping 2 due']);
    await deadLetters.remove([await idOf(2)]);
    await db.collection(queuesName).updateMany({}, { $set: { changes: [minutesAgo] } });
    expect(await blocked()).toStrictEqual({ [queueName(key)]: 1 });
    expect(await due()).toStrictEqual([]);
    expect(await blocked()).toStrictEqual({});
    expect(await deadLetters.parkBehind(parking(3), 3)).toBe(false);
  });

  const enter = (change: ObjectId) =>
    db
      .collection<{ _id: string; changes: ObjectId[] }>(queuesName)
      .updateOne(
        { _id: queueId('shipping', at, key) },
        { $push: { changes: change }, $set: { version: change } },
      );
});

describe('An answer that is lost', () => {
  let admin: Db;
  let inbox: MongoInbox;
  let letters: MongoDeadLetters;
  let keys: MongoKeys;

  beforeEach(() => {
    const client = site.connect('lost-answers');
    admin = client.db('admin');
    const databases = site.databasesOf(client);
    inbox = new MongoInbox(databases);
    letters = new MongoDeadLetters(databases);
    keys = new MongoKeys(site.databaseOf(client, 'keys'));
  });

  afterEach(() => admin.command({ configureFailPoint: 'failCommand', mode: 'off' }));

  /** Of the next commands of these names: they are done, and the server says that it does not know. */
  const lose = (times: number, ...failCommands: readonly string[]) =>
    admin.command({
      configureFailPoint: 'failCommand',
      mode: { times },
      data: {
        failCommands,
        appName: 'lost-answers',
        writeConcernError: { code: 91, errmsg: 'lost' },
        errorLabels: ['RetryableWriteError'],
      },
    });

  it('of what the driver sends again doubles nothing', async () => {
    await letters.park(parking(1), failure, 1);
    await lose(1, 'insert');
    await inbox.add('shipping', 'a');
    expect(await inbox.seen('shipping', ['a'])).toStrictEqual(new Set(['a']));
    for (const command of ['insert', 'update']) {
      await lose(1, command);
      expect(await letters.parkBehind(parking(2), 2)).toBe(true);
    }
    await lose(1, 'update');
    await letters.failedAgain(await idOf(1), failure, 2);
    expect(await letters.get(await idOf(1))).toMatchObject({ attempts: 6 });
    await lose(1, 'findAndModify');
    const sealed = await keys.seal('ann', 'note', 'text');
    await lose(1, 'update');
    expect(await keys.forget('ann')).toBe(true);
    expect(await keys.open('ann', 'note', sealed)).toBeUndefined();
    expect(await states()).toStrictEqual(['event shipping 1 failed', 'event shipping 2 waiting']);
  });

  it('of what the driver does not send again is told, and trying again is safe', async () => {
    await letters.park(parking(1), failure, 1);
    await letters.parkBehind(parking(2), 1);
    const id = await idOf(1);
    await lose(1, 'delete');
    await expect(letters.remove([id])).rejects.toThrow(StorageUnavailable);
    await letters.remove([id]);
    await untilHolds(async () => {
      expect(await due()).toStrictEqual(['event shipping 2']);
    });
  });
});

describe('Keys on MongoDB', () => {
  it('open what was sealed on the embedded engine, once its keys have been taken over', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'keys-'));
    const embedded = new EmbeddedKeys(dataDir);
    const sealed = await embedded.seal('ann', 'note', 'text');
    const print = await embedded.fingerprint('ann', 'text');
    await embedded.close();
    const file = new Sqlite(join(dataDir, 'keys.db'), { readonly: true });
    const row = file.prepare<[], { id: string; secret: Buffer }>('SELECT id, secret FROM secrets').get();
    file.close();
    await rm(dataDir, { recursive: true });
    const keysDb = site.databaseOf(site.connect(), 'keys');
    const rows = keysDb.collection<{ _id: string; customer: string; secret: Binary }>('keys');
    await rows.insertOne({ _id: row?.id ?? '', customer: 'ann', secret: new Binary(row?.secret) });
    const keys = new MongoKeys(keysDb);
    expect(await keys.open('ann', 'note', sealed)).toBe('text');
    expect(await keys.fingerprint('ann', 'text')).toBe(print);
    await keys.forget('ann');
    expect(await rows.find().toArray()).toStrictEqual([{ _id: row?.id }]);
  });
});
