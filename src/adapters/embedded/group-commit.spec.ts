import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventsOf, idsOf, sampleEvent } from '../../testing/sample-events.js';
import { type Database, openDatabase } from './database.js';
import { EventLog } from './event-log.js';
import { EmbeddedEventStore } from './event-store.js';
import { Closed, GroupCommit, Refused } from './group-commit.js';
import { Wakeups } from './wakeups.js';

describe('A group commit', () => {
  let dataDir: string;
  let db: Database;
  let outcomes: string[];
  let commits: GroupCommit;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'group-commit-'));
    db = openDatabase(dataDir);
    outcomes = [];
    commits = new GroupCommit(db, (outcome) => outcomes.push(outcome));
    db.exec('CREATE TABLE notes (note TEXT)');
  });

  afterEach(async () => {
    await commits.close();
    db.close();
    await rm(dataDir, { recursive: true });
  });

  const note = (text: string) => commits.write(() => db.prepare('INSERT INTO notes VALUES (?)').run(text));
  const notes = () => db.prepare<[], string>('SELECT note FROM notes').pluck().all();
  const statuses = async (writes: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(writes)).map(({ status }) => status);

  it('puts writes of one moment into one transaction, in their order', async () => {
    await Promise.all([note('a'), note('b'), note('c')]);
    expect(outcomes).toStrictEqual(['committed']);
    expect(notes()).toStrictEqual(['a', 'b', 'c']);
  });

  it('bounds a transaction', async () => {
    await Promise.all(Array.from({ length: 2_000 }, (_, n) => note(`${n}`)));
    expect(outcomes.length).toBeGreaterThan(3);
    expect(notes()).toHaveLength(2_000);
  });

  it('tells a refused write why, and commits the others', async () => {
    const refused = commits.write(() => new Refused(new Error('no')));
    const others = [note('a'), note('b')];
    await expect(refused).rejects.toThrow('no');
    await Promise.all(others);
    expect(outcomes).toStrictEqual(['committed']);
  });

  it('takes nothing of a write that throws half-way, and everything of the others, once', async () => {
    const faulty = commits.write(() => {
      db.exec("INSERT INTO notes VALUES ('half')");
      throw new TypeError('a fault of this write');
    });
    expect(await statuses([note('a'), faulty, note('b')])).toStrictEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(notes().toSorted()).toStrictEqual(['a', 'b']);
  });

  it('acknowledges nothing when the disk is full, and goes on when there is room again', async () => {
    const log = new EventLog(db, () => undefined);
    const wakeups = new Wakeups(() => undefined);
    const ofEvents = new GroupCommit(db, (outcome) => {
      log.settle(outcome);
    });
    const store = new EmbeddedEventStore(db, ofEvents, log, wakeups);
    const appendTo = (stream: string) =>
      store.append(stream, 'absent', [sampleEvent(stream, { data: { text: 'x'.repeat(5_000) } })]);
    await appendTo('before');

    const pages = Number(db.pragma('page_count', { simple: true }));
    db.pragma(`max_page_count = ${pages + 4}`);
    const streams = Array.from({ length: 20 }, (_, n) => `sample-${n}`);
    const answers = await Promise.allSettled(streams.map(appendTo));
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'SQLITE_FULL' });

    db.pragma(`max_page_count = ${pages + 10_000}`);
    const again = streams.filter((_, n) => answers[n]?.status === 'rejected');
    await Promise.all(again.map(appendTo));
    expect(idsOf(await eventsOf(store)).toSorted()).toStrictEqual(['before', ...streams].toSorted());
    await store.close();
  });

  it('finishes what is queued when it closes, and refuses what comes later', async () => {
    const queued = [note('a'), note('b')];
    await commits.close();
    await Promise.all(queued);
    await expect(note('c')).rejects.toThrow(Closed);
    expect(notes()).toStrictEqual(['a', 'b']);
  });
});
