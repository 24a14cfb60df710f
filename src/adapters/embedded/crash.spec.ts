import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { Child } from '../../testing/child.js';
import { eventsOf, sampleEvent } from '../../testing/sample-events.js';
import { type Report } from '../../testing/store.child.js';
import { openEmbedded } from './index.js';
import { newOwner } from './leases.js';

const rounds = 20;
const engineUrl = new URL('../../../dist/adapters/embedded/index.js', import.meta.url).href;
type Told<Kind extends Report['told']> = Extract<Report, { told: Kind }>;

const isAppended = (report: Report): report is Told<'appended'> => report.told === 'appended';

const wholeBatches = (events: readonly RecordedEvent[]): boolean => {
  const sizes = new Map<string, { of: number; found: number }>();
  for (const { data } of events) {
    const { batch, of } = data as { batch: string; of: number };
    sizes.set(batch, { of, found: (sizes.get(batch)?.found ?? 0) + 1 });
  }
  return [...sizes.values()].every(({ of, found }) => of === found);
};

describe('Embedded engine, when a process that uses it is killed', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'embedded-crash-'));
  });
  afterAll(() => rm(dataDir, { recursive: true }));

  it(`in the middle of writing, ${rounds} times, has every acknowledged append once and no half of any`, async () => {
    const acknowledged: Told<'appended'>[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const child = new Child<Report>('store', engineUrl, dataDir, 'write', `crash${round}-`, '1000000');
      // Another moment of the writer's life in every round.
      await child.waitFor('appends', (reports) => reports.length > (round * round) % 97);
      await child.kill();
      acknowledged.push(...child.all(isAppended));

      const file = new Database(join(dataDir, 'store.db'));
      expect(file.pragma('integrity_check', { simple: true })).toBe('ok');
      file.close();
      const engine = openEmbedded({ dataDir });
      const events = await eventsOf(engine.eventStore);
      await engine.close();
      const byId = new Map(events.map((event) => [event.id, event]));
      expect(byId.size).toBe(events.length);
      for (const { stream, ids, revision } of acknowledged) {
        const first = revision - ids.length + 1;
        const stored = ids.map((id) => byId.get(id));
        expect(stored).toMatchObject(ids.map((_, index) => ({ stream, revision: first + index })));
      }
      expect(wholeBatches(events)).toBe(true);
      const revisions = Map.groupBy(events, ({ stream }) => stream).values();
      for (const ofStream of revisions) {
        expect(ofStream.map(({ revision }) => revision)).toEqual(ofStream.map((_, index) => index));
      }
    }
    expect(acknowledged.length).toBeGreaterThan(rounds);
  });

  it('goes on in another process that has it open, with the same append again if need be', async () => {
    const engine = openEmbedded({ dataDir });
    const events = [sampleEvent('before'), sampleEvent('and after')];
    const child = new Child<Report>('store', engineUrl, dataDir, 'write', 'survived-', '1000000');
    await child.waitFor('appends', (reports) => reports.length > 20);
    const [first] = await Promise.all([
      engine.eventStore.append('survivor-1', 'absent', events),
      child.kill(),
    ]);
    expect(await engine.eventStore.append('survivor-1', 'absent', events)).toEqual(first);
    const ids = new Set((await eventsOf(engine.eventStore)).map(({ id }) => id));
    for (const id of child.all(isAppended).flatMap((report) => report.ids)) expect(ids).toContain(id);
    await engine.close();
  });

  it('gives its lease to the next one at once', async () => {
    const engine = openEmbedded({ dataDir });
    const child = new Child<Report>('store', engineUrl, dataDir, 'lease', 'work');
    await child.waitFor('the lease', (reports) => reports.length > 0);
    const [report] = child.reports;
    if (report?.told !== 'leased' || report.lease === undefined) throw new Error('The child has no lease.');
    const owner = newOwner();
    expect(await engine.leases.acquire('work', owner, 60_000)).toBeUndefined();
    await child.kill();
    expect(await engine.leases.acquire('work', owner, 60_000)).toEqual({
      name: 'work',
      owner,
      token: report.lease.token + 1,
    });
    expect(await engine.leases.renew(report.lease, 60_000)).toBe(false);
    await engine.close();
  });
});
