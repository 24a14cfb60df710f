import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { Child } from '../../testing/child.js';
import { type LockReport } from '../../testing/lock.child.js';
import { eventsOf, idsOf, sampleEvent } from '../../testing/sample-events.js';
import { type Report } from '../../testing/store.child.js';
import { openEmbedded } from './index.js';

const engineUrl = new URL('../../../dist/adapters/embedded/index.js', import.meta.url).href;
type Told<Kind extends Report['told']> = Extract<Report, { told: Kind }>;

const isAppended = (report: Report): report is Told<'appended'> => report.told === 'appended';
const isDelivered = (report: Report): report is Told<'delivered'> => report.told === 'delivered';
const isDone = ({ told }: Report) => told === 'done';

describe('Embedded engine, in several processes', () => {
  let dataDir: string;
  const children: Child<object>[] = [];
  const spawn = (...args: readonly string[]): Child<Report> => {
    const child = new Child<Report>('store', engineUrl, dataDir, ...args);
    children.push(child);
    return child;
  };
  const lock = async (): Promise<Child<LockReport>> => {
    const child = new Child<LockReport>('lock', join(dataDir, 'store.db'));
    children.push(child);
    await child.waitFor('the lock', (reports) => reports.length > 0);
    return child;
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'embedded-processes-'));
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await rm(dataDir, { recursive: true });
  });

  it('opens a new file from several at the same moment', async () => {
    const writers = Array.from({ length: 4 }, () => spawn('write', 'new-', '10'));
    await Promise.all(writers.map((writer) => writer.waitFor('its end', (reports) => reports.some(isDone))));
    const engine = openEmbedded({ dataDir });
    const written = writers.flatMap((writer) => writer.all(isAppended).flatMap(({ ids }) => ids));
    expect(idsOf(await eventsOf(engine.eventStore)).toSorted()).toEqual(written.toSorted());
    await engine.close();
  });

  it('reads in one what another has written, and the other way round', async () => {
    const engine = openEmbedded({ dataDir });
    const follower = spawn('follow', 'ours-');
    await follower.waitFor('readiness', (reports) => reports.some(({ told }) => told === 'caught up'));
    for (const id of ['1', '2', '3']) {
      const { position } = await engine.eventStore.append('ours-1', 'any', [sampleEvent(id)]);
      await follower.waitFor('the event', (reports) =>
        reports.some((report) => isDelivered(report) && report.id === id && report.position === position),
      );
    }
    const writer = spawn('write', 'theirs-', '20');
    await writer.waitFor('its end', (reports) => reports.some(isDone));
    for (const { stream, ids, revision } of writer.all(isAppended)) {
      const from = revision - ids.length + 1;
      expect(idsOf(await engine.eventStore.readStream(stream, { from, limit: ids.length }))).toEqual(ids);
    }
    await engine.close();
  });

  it('delivers to one, in one order, all that three others write at once', async () => {
    const follower = spawn('follow', 'many-');
    const writers = Array.from({ length: 3 }, () => spawn('write', 'many-', '200'));
    await Promise.all(writers.map((writer) => writer.waitFor('its end', (reports) => reports.some(isDone))));
    const written = writers.flatMap((writer) => writer.all(isAppended).flatMap(({ ids }) => ids));
    await follower.waitFor('everything', (reports) => reports.filter(isDelivered).length >= written.length);
    const delivered = follower.all(isDelivered);
    expect(delivered.map(({ id }) => id).toSorted()).toEqual(written.toSorted());
    const positions = delivered.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted());

    const engine = openEmbedded({ dataDir });
    expect(delivered.map(({ id }) => id)).toEqual(idsOf(await eventsOf(engine.eventStore)));
    await engine.close();
  });

  it('lets the event loop go on while a write waits for the lock of another', async () => {
    const engine = openEmbedded({ dataDir });
    const other = await lock();
    let isWritten = false;
    const appended = engine.eventStore.append('patient-1', 'absent', [sampleEvent('1')]).then(() => {
      isWritten = true;
    });
    // Were the wait for the lock to stop the event loop, nobody could tell the other process to release it.
    for (let turn = 0; turn < 1_000; turn += 1) await nextTurn();
    expect(await engine.eventStore.readStream('patient-1')).toEqual([]);
    expect(isWritten).toBe(false);
    await other.tell({ afterMs: 1_000 });
    await appended;
    expect(await engine.eventStore.readStream('patient-1')).toHaveLength(1);
    await engine.close();
  });

  it('ends a subscription as failed when its file is spoilt by another', async () => {
    const engine = openEmbedded({ dataDir });
    const subscription = engine.eventStore.subscribe({ from: 'start' });
    const reading = (async () => {
      for await (const { caughtUp } of subscription) {
        if (!caughtUp) continue;
        const file = new Database(join(dataDir, 'store.db'));
        file.exec('DROP TABLE events');
        file.close();
      }
    })();
    await expect(reading).rejects.toThrow('no such table: events');
    expect(await subscription.ended).toMatchObject({
      why: 'failed',
      error: { message: 'no such table: events' },
    });
    await engine.close();
  });

  it('opens a view while another holds the lock', async () => {
    const engine = openEmbedded({ dataDir });
    const other = await lock();
    await other.tell({ afterMs: 200 });
    const view = engine.views.open<{ n: number }>({ name: 'late', indexes: [['n']] });
    expect(await view.checkpoint()).toBeUndefined();
    await engine.close();
  });
});
