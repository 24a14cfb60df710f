import { describe, expect, it } from '@jest/globals';
import { MemoryLeases } from '../projections/testing/in-memory.js';
import { eventually } from '../testing/eventually.js';
import { JobRunner } from './periodic-job.js';
import { logbook } from './testing/logbook.js';

const job = (run: () => Promise<void>, everyMs = 0) => ({ name: 'tidy', everyMs, run });
const leadership = (leases = new MemoryLeases(), owner = 'one') => ({
  leases,
  owner,
  ttlMs: 8,
  backOffMs: { first: 0, most: 0 },
  ...logbook(),
});

describe('a periodic job', () => {
  it('is done again and again, never twice at a time, and finished when it is stopped', async () => {
    let [begun, done] = [0, 0];
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    const runner = new JobRunner(
      job(async () => {
        expect(begun).toBe(done);
        begun += 1;
        if (begun === 5) await gate;
        done += 1;
      }),
      leadership(),
    );
    runner.start();
    await eventually('the fifth run', () => begun === 5);
    const stopped = runner.stop();
    open(undefined);
    await stopped;
    expect([begun, done]).toStrictEqual([5, 5]);
  });

  it('is done again after a fault, which is logged', async () => {
    let runs = 0;
    const deps = leadership();
    const runner = new JobRunner(
      job(() => ((runs += 1) % 2 === 1 ? Promise.reject(new Error('no')) : Promise.resolve())),
      deps,
    );
    runner.start();
    await eventually('some runs', () => runs > 5);
    await runner.stop();
    // Each fault counts as the first, since a run between them went well.
    expect(new Set(deps.entries.map(({ fields }) => JSON.stringify(fields)))).toStrictEqual(
      new Set([JSON.stringify({ err: {}, name: 'job:tidy', faults: 1, waitMs: 0 })]),
    );
  });

  it('is done by one process at a time', async () => {
    const leases = new MemoryLeases();
    const runs: string[] = [];
    const [one, two] = ['one', 'two'].map(
      (owner) =>
        new JobRunner(
          job(() => Promise.resolve(void runs.push(owner)), 1),
          leadership(leases, owner),
        ),
    );
    one?.start();
    await eventually('it runs', () => runs.length > 0);
    two?.start();
    await eventually('it goes on', () => runs.length > 3);
    await one?.stop();
    const before = runs.length;
    await eventually('the other takes over', () => runs.length > before);
    await two?.stop();
    expect(new Set(runs.slice(0, before))).toStrictEqual(new Set(['one']));
    expect(new Set(runs.slice(before))).toStrictEqual(new Set(['two']));
  });
});
