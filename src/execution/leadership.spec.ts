import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { LeaseLost } from '../ports/leases.js';
import { MemoryLeases } from '../projections/testing/in-memory.js';
import { eventually } from '../testing/eventually.js';
import { type LeadershipOptions, type Office, type Term, whileLeading } from './leadership.js';
import { logbook } from './testing/logbook.js';

const name = 'office';
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });

describe('leadership', () => {
  let leases: MemoryLeases;
  let stop: AbortController;
  let log: ReturnType<typeof logbook>;
  let terms: Term[];

  beforeEach(() => {
    leases = new MemoryLeases();
    stop = new AbortController();
    log = logbook();
    terms = [];
  });

  const lead = (
    office: Partial<Office> & Pick<Office, 'serve'>,
    options: Partial<LeadershipOptions> = {},
  ): Promise<void> =>
    whileLeading(
      {
        name,
        ...office,
        serve: (term) => {
          terms.push(term);
          return office.serve(term);
        },
      },
      { leases, owner: 'one', ttlMs: 60_000, logger: log.logger, ...options },
      stop.signal,
    );
  const served = (count: number) => eventually(`${count} terms`, () => terms.length >= count);
  const steal = async () => {
    leases.runOut(name);
    const lease = await leases.acquire(name, 'thief');
    if (lease === undefined) throw new Error('Somebody else was faster.');
    return lease;
  };

  it('holds the lease while it serves, and lets it go when it is stopped', async () => {
    const over = lead({ serve: ({ signal }) => untilAborted(signal) });
    await served(1);
    expect(terms.map(({ lease }) => lease)).toStrictEqual([{ name, owner: 'one', token: 1 }]);
    expect(await leases.acquire(name, 'two')).toBeUndefined();
    stop.abort();
    await over;
    expect(await leases.acquire(name, 'two')).toBeDefined();
    expect(log.entries).toStrictEqual([]);
  });

  it('does nothing when it is stopped before it begins', async () => {
    stop.abort();
    await lead({ serve: () => Promise.resolve() });
    expect(terms).toStrictEqual([]);
  });

  it('stands by while somebody else holds the lease, and takes over', async () => {
    const other = await steal();
    let standby = 0;
    const over = lead(
      {
        serve: ({ signal }) => untilAborted(signal),
        onStandby: () => {
          standby += 1;
        },
      },
      { ttlMs: 4 },
    );
    await eventually('it stands by', () => standby > 1);
    expect(terms).toStrictEqual([]);
    await leases.release(other);
    await served(1);
    stop.abort();
    await over;
  });

  it('can be stopped while it stands by or waits after a fault', async () => {
    await steal();
    let standby = false;
    const standing = lead({
      serve: () => Promise.resolve(),
      onStandby: () => {
        standby = true;
      },
    });
    await eventually('it stands by', () => standby);
    stop.abort();
    await standing;

    stop = new AbortController();
    leases.runOut(name);
    const waiting = lead(
      { serve: () => Promise.reject(new Error('broken')) },
      { backOffMs: { first: 60_000, most: 60_000 } },
    );
    await eventually('it has failed', () => log.entries.length === 1);
    stop.abort();
    await waiting;
    expect(await leases.acquire(name, 'two')).toBeDefined();
  });

  it('starts again after faults, after pauses that grow until something goes well', async () => {
    let faults = 0;
    const over = lead(
      {
        serve: async ({ signal, goesWell }) => {
          if (terms.length === 6) goesWell();
          if (terms.length <= 7) throw new Error(`fault ${terms.length}`);
          await untilAborted(signal);
        },
        onFault: () => {
          faults += 1;
        },
      },
      { backOffMs: { first: 1, most: 6 } },
    );
    await served(8);
    stop.abort();
    await over;
    expect(faults).toBe(7);
    expect(log.entries).toStrictEqual(
      [
        [1, 1],
        [2, 2],
        [3, 4],
        [4, 6],
        [5, 6],
        [1, 1],
        [2, 2],
      ].map(([count, waitMs], index) => ({
        level: 'error',
        message: 'office failed and is started again',
        fields: { err: new Error(`fault ${index + 1}`), name, faults: count, waitMs },
      })),
    );
  });

  it('tries again when the leases cannot be asked', async () => {
    let asked = 0;
    const moody: LeadershipOptions['leases'] = {
      acquire: (lease, owner) =>
        (asked += 1) < 3 ? Promise.reject(new Error('no connection')) : leases.acquire(lease, owner),
      renew: (lease) => leases.renew(lease),
      release: (lease) => leases.release(lease),
    };
    const over = lead(
      { serve: ({ signal }) => untilAborted(signal) },
      { leases: moody, backOffMs: { first: 0, most: 0 } },
    );
    await served(1);
    stop.abort();
    await over;
    expect(log.entries.map(({ level }) => level)).toStrictEqual(['error', 'error']);
  });

  it.each([
    ['has passed to another process', () => Promise.resolve(false)],
    ['could not be renewed; giving it up', () => Promise.reject(new Error('no connection'))],
  ])('ends the term when its lease %s', async (what, renew) => {
    let broken = true;
    const flaky: LeadershipOptions['leases'] = {
      acquire: (lease, owner) => leases.acquire(lease, owner),
      renew: (lease) => {
        const answer = broken ? renew() : leases.renew(lease);
        broken = false;
        return answer;
      },
      release: (lease) => leases.release(lease),
    };
    const over = lead({ serve: ({ signal }) => untilAborted(signal) }, { leases: flaky, ttlMs: 6 });
    await served(2);
    expect(terms.map(({ signal }) => signal.aborted)).toStrictEqual([true, false]);
    stop.abort();
    await over;
    expect(log.entries.map(({ message }) => message)).toStrictEqual([`office ${what}`]);
  });

  it('takes a lost lease for no fault of the work', async () => {
    const over = lead({
      serve: async ({ lease, signal }) => {
        if (terms.length === 1) throw new LeaseLost(lease);
        await untilAborted(signal);
      },
    });
    await served(2);
    stop.abort();
    await over;
    expect(log.entries.map(({ level }) => level)).toStrictEqual(['warn']);
  });

  it('does not fail because the lease cannot be released', async () => {
    const sticky: LeadershipOptions['leases'] = {
      acquire: (lease, owner) => leases.acquire(lease, owner),
      renew: (lease) => leases.renew(lease),
      release: () => Promise.reject(new Error('no connection')),
    };
    const over = lead({ serve: ({ signal }) => untilAborted(signal) }, { leases: sticky });
    await served(1);
    stop.abort();
    await over;
    expect(log.entries.map(({ level, message }) => [level, message])).toStrictEqual([
      ['warn', 'office could not be released'],
    ]);
  });

  it('leaves nothing on the signal that outlives its terms', async () => {
    const over = lead({
      serve: async ({ signal }) => {
        if (terms.length > 500) await untilAborted(signal);
      },
    });
    await served(501);
    expect(getEventListeners(stop.signal, 'abort').length).toBeLessThan(5);
    stop.abort();
    await over;
  });
});
