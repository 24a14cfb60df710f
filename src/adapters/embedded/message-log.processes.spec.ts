import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { Child } from '../../testing/child.js';
import { eventually } from '../../testing/eventually.js';
import { type Change, type Dealing, type LogReport, type Relayed } from '../../testing/message-log.child.js';
import { openEmbedded } from './index.js';

const engineUrl = new URL('../../../dist/adapters/embedded/index.js', import.meta.url).href;
const partitions = 6;
/** Long enough for a busy machine, short enough to wait for. */
const shortMs = 1_500;
const longMs = 60_000;

const isDealing =
  (kind: Dealing['told']) =>
  (report: LogReport): report is Dealing =>
    report.told === kind;
const isChange = (report: LogReport): report is Change =>
  report.told === 'assigned' || report.told === 'revoked';
const isRelayed = (report: LogReport): report is Relayed => report.told === 'relayed';

const messagesOf = (child: Child<LogReport>, kind: Dealing['told']): string[] =>
  child.all(isDealing(kind)).flatMap(({ messages }) => messages);

/** What the reports so far say that a child has. */
const heldBy = (child: Child<LogReport>): string[] => {
  const held = new Set<string>();
  for (const { told, partitions: changed } of child.all(isChange)) {
    for (const partition of changed) {
      if (told === 'assigned') held.add(partition);
      else held.delete(partition);
    }
  }
  return [...held].toSorted();
};

/** From when until when a child had each partition. */
const termsOf = (child: Child<LogReport>, until: number) => {
  const terms: { partition: string; from: number; to: number }[] = [];
  const begun = new Map<string, number>();
  const end = (partition: string, to: number): void => {
    const from = begun.get(partition);
    if (from !== undefined) terms.push({ partition, from, to });
    begun.delete(partition);
  };
  for (const { told, partitions: changed, at } of child.all(isChange)) {
    for (const partition of changed) {
      if (told === 'assigned') begun.set(partition, at);
      else end(partition, at);
    }
  }
  for (const partition of begun.keys()) end(partition, until);
  return terms;
};

describe('Message log, in several processes', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  const children: Child<LogReport>[] = [];
  const all = Array.from({ length: partitions }, (_, partition) => `numbers/${partition}`);

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'message-log-processes-'));
    engine = openEmbedded({ dataDir });
    await engine.messageLog.ensureTopics([{ name: 'numbers', partitions, retentionMs: null }]);
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const spawn = (role: string, detail: number): Child<LogReport> => {
    const options = JSON.stringify({ dataDir });
    const child = new Child<LogReport>('message-log', engineUrl, options, role, 'numbers', String(detail));
    children.push(child);
    return child;
  };

  /** Not in the middle of a transaction, which would keep the file locked until the child is resumed. */
  const pauseOutsideOfWrites = async (child: Child<LogReport>): Promise<void> => {
    const file = new Database(join(dataDir, 'store.db'), { timeout: 100 });
    await eventually('the child stands still without the lock', () => {
      child.pause();
      try {
        file.exec('BEGIN IMMEDIATE; ROLLBACK');
        return true;
      } catch {
        child.resume();
        return false;
      }
    });
    file.close();
  };

  const publish = async (perPartition: number): Promise<void> => {
    await engine.messageLog.publish(
      Array.from({ length: perPartition * partitions }, (_, index) => ({
        ...{ topic: 'numbers', partition: index % partitions },
        ...{ key: null, value: Buffer.from(String(index)), headers: [] },
      })),
    );
  };

  /** Every message by its partition and offset. */
  const published = async (): Promise<string[]> => {
    const [topic] = await engine.messageLog.topics();
    return (topic?.status ?? []).flatMap(({ partition, next }) =>
      Array.from({ length: next }, (_, offset) => `numbers/${partition}@${offset}`),
    );
  };

  const dealtWith = () =>
    eventually('everything is dealt with', async () => {
      const [group] = await engine.messageLog.groups();
      return group?.partitions.every(({ committed, next }) => committed === next) === true;
    });

  const sharedOut = (...members: readonly Child<LogReport>[]) =>
    eventually('the partitions are shared out', () => {
      const held = members.map(heldBy);
      return held.every((each) => each.length > 0) && held.flat().toSorted().join() === all.join();
    });

  /** No partition was anybody's before it had ceased to be somebody else's. */
  const expectOneOwnerAtATime = (members: readonly [Child<LogReport>, until: number][]): void => {
    const terms = Map.groupBy(
      members.flatMap(([child, until]) => termsOf(child, until)),
      ({ partition }) => partition,
    );
    for (const ofPartition of terms.values()) {
      const inOrder = ofPartition.toSorted((a, b) => a.from - b.from || a.to - b.to);
      inOrder.slice(1).forEach(({ from }, index) => {
        expect(from).toBeGreaterThanOrEqual(inOrder[index]?.to ?? NaN);
      });
    }
  };

  it('members that come, share the work and are killed lose nothing and do nothing at the same time', async () => {
    const [first, second] = [spawn('consume', longMs), spawn('consume', longMs)];
    await sharedOut(first, second);
    const third = spawn('consume', longMs);
    for (let round = 0; round < 10; round += 1) await publish(20);
    await sharedOut(first, second, third);
    await publish(50);
    const killedAt = Date.now();
    await first.kill();
    await publish(50);
    // Long before its session is over: its process is known to be dead.
    await sharedOut(second, third);
    await dealtWith();
    await eventually('everything is reported', async () => {
      const delivered = new Set([first, second, third].flatMap((each) => messagesOf(each, 'delivered')));
      return delivered.size === (await published()).length;
    });
    const committed = [first, second, third].flatMap((each) => messagesOf(each, 'committed'));
    expect(new Set(committed).size).toBe(committed.length);
    expectOneOwnerAtATime([
      [first, killedAt],
      [second, Date.now()],
      [third, Date.now()],
    ]);
  });

  it('a member that stood still for longer than its session commits and delivers nothing that passed on', async () => {
    const stopped = spawn('patient-consume', shortMs);
    await eventually('it has all', () => heldBy(stopped).length === partitions);
    await publish(10);
    await stopped.waitFor('messages', (reports) => reports.some(isDealing('delivered')));
    const stoppedAt = Date.now();
    await pauseOutsideOfWrites(stopped);
    const other = spawn('consume', longMs);
    await eventually('the other one has all', () => heldBy(other).length === partitions);
    await dealtWith();
    const before = stopped.reports.length;

    stopped.resume();
    await stopped.tell({});
    await stopped.waitFor('its return', (reports) =>
      reports.slice(before).some(({ told }) => told === 'assigned'),
    );
    const held = messagesOf(stopped, 'delivered');
    expect(stopped.reports.slice(before)).toEqual([
      { told: 'lost', messages: held },
      { told: 'revoked', partitions: expect.any(Array), at: expect.any(Number) },
      { told: 'assigned', partitions: expect.any(Array), at: expect.any(Number) },
    ]);
    expect(new Set(messagesOf(other, 'committed'))).toEqual(new Set(await published()));
    await sharedOut(stopped, other);
    const terms = termsOf(other, Date.now());
    for (const { from } of terms) expect(from).toBeGreaterThan(stoppedAt);
  });

  it('a relay that is killed again and again leaves messages and checkpoint that agree', async () => {
    const numbers = async (): Promise<number[]> => {
      const found: number[] = [];
      for (let partition = 0; partition < partitions; partition += 1) {
        const messages = await engine.messageLog.read({ topic: 'numbers', partition, offset: 0 }, 1_000_000);
        const values = messages.map(({ value }) => Number(value?.toString()));
        expect(values).toEqual(values.toSorted((a, b) => a - b));
        found.push(...values);
      }
      return found.toSorted((a, b) => a - b);
    };
    let relayed = 0;
    for (let round = 0; round < 12; round += 1) {
      const relay = spawn('relay', 100 + 37 * round);
      await relay.waitFor('batches', (reports) => reports.length > (round * 7) % 11);
      await relay.kill();
      relayed = relay.all(isRelayed).at(-1)?.checkpoint ?? relayed;
      const producer = await engine.messageLog.openTransactional('relay');
      const checkpoint = Number(await producer.checkpoint());
      expect(checkpoint).toBeGreaterThanOrEqual(relayed);
      expect(await numbers()).toEqual(Array.from({ length: checkpoint }, (_, index) => index + 1));
    }
  });

  it('a relay that stood still while another one took over is fenced when it comes back', async () => {
    const relay = spawn('patient-relay', 50);
    await relay.tell({});
    await relay.waitFor('a batch', (reports) => reports.some(isRelayed));
    await pauseOutsideOfWrites(relay);
    const producer = await engine.messageLog.openTransactional('relay');
    expect(await producer.checkpoint()).toBe('50');
    await producer.commit([], 'taken over');
    const before = await published();
    relay.resume();
    await relay.tell({});
    await relay.waitFor('its end', (reports) => reports.some(({ told }) => told === 'fenced'));
    expect(await producer.checkpoint()).toBe('taken over');
    expect(await published()).toEqual(before);
  });
});
