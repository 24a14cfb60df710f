import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Leases } from '../ports/leases.js';
import { eventually } from './eventually.js';

export interface LeasesHarness {
  /** Where nobody holds a lease. */
  readonly leases: Leases;
  /** The same leases through a connection of its own. */
  readonly another: () => Promise<Leases>;
  readonly dispose: () => Promise<void>;
}

const LONG_MS = 60_000;
const SHORT_MS = 20;

/** What every adapter of the leases does, sentence by sentence of the port. */
export const describeLeasesContract = (name: string, open: () => Promise<LeasesHarness>): void => {
  describe(`${name} as leases`, () => {
    let harness: LeasesHarness;
    let leases: Leases;

    beforeEach(async () => {
      harness = await open();
      leases = harness.leases;
    });

    afterEach(() => harness.dispose());

    const held = async (owner: string, ttlMs = LONG_MS, lease = 'job') => {
      const acquired = await leases.acquire(lease, owner, ttlMs);
      if (acquired === undefined) throw new Error(`${lease} is held by somebody else.`);
      return acquired;
    };

    it('are listed by the beginning of their name while they are held', async () => {
      const job = await held('ann', LONG_MS, 'work:a');
      const other = await held('bob', LONG_MS, 'work:b');
      await held('ann', LONG_MS, 'play');
      await held('ann', SHORT_MS, 'work:short');
      const another = await harness.another();
      await eventually('the short one has run out', async () => (await another.held('work:')).length === 2);
      expect(await another.held('work:')).toStrictEqual([job, other]);
      await leases.release(job);
      expect(await another.held('work:')).toStrictEqual([other]);
      expect(await leases.held('nothing')).toStrictEqual([]);
    });

    const takenOver = async (owner: string) => {
      let lease = await leases.acquire('job', owner, LONG_MS);
      await eventually('the lease has run out', async () => {
        lease ??= await leases.acquire('job', owner, LONG_MS);
        return lease !== undefined;
      });
      return lease;
    };

    it('give a free lease to whoever asks', async () => {
      expect(await held('ann')).toStrictEqual({ name: 'job', owner: 'ann', token: expect.any(Number) });
    });

    it('refuse while somebody else holds it, on any connection', async () => {
      await held('ann');
      expect(await leases.acquire('job', 'bob', LONG_MS)).toBeUndefined();
      expect(await (await harness.another()).acquire('job', 'bob', LONG_MS)).toBeUndefined();
    });

    it('are independent of each other', async () => {
      await held('ann');
      expect(await held('bob', LONG_MS, 'other job')).toMatchObject({ name: 'other job', owner: 'bob' });
    });

    it('give the owner its lease again, with the same token', async () => {
      const lease = await held('ann');
      expect(await held('ann')).toStrictEqual(lease);
    });

    it('pass on a lease that has run out, with a greater token', async () => {
      const old = await held('ann', SHORT_MS);
      const lease = await takenOver('bob');
      expect(lease).toMatchObject({ name: 'job', owner: 'bob' });
      expect(lease?.token).toBeGreaterThan(old.token);
      expect(await leases.renew(old, LONG_MS)).toBe(false);
    });

    it('last on when they are renewed', async () => {
      const lease = await held('ann', SHORT_MS);
      expect(await leases.renew(lease, LONG_MS)).toBe(true);
      const other = await held('ann', SHORT_MS, 'other job');
      await eventually('the other lease has run out', async () => {
        return (await leases.acquire('other job', 'bob', LONG_MS)) !== undefined;
      });
      expect(other.owner).toBe('ann');
      expect(await leases.acquire('job', 'bob', LONG_MS)).toBeUndefined();
    });

    it('run out the ttl of the last renewal after it, even if that is sooner', async () => {
      const lease = await held('ann');
      expect(await leases.renew(lease, SHORT_MS)).toBe(true);
      expect(await takenOver('bob')).toMatchObject({ owner: 'bob' });
    });

    it('can be renewed after they ran out as long as nobody has taken them', async () => {
      const lease = await held('ann', SHORT_MS);
      const other = await held('ann', SHORT_MS, 'other job');
      await eventually('the other lease has run out', async () => {
        return (await leases.acquire('other job', 'bob', LONG_MS)) !== undefined;
      });
      expect(await leases.renew(other, LONG_MS)).toBe(false);
      expect(await leases.renew(lease, LONG_MS)).toBe(true);
      expect(await leases.acquire('job', 'bob', LONG_MS)).toBeUndefined();
    });

    it('are free at once when they are released, and the token grows', async () => {
      const old = await held('ann');
      await leases.release(old);
      expect((await held('bob')).token).toBeGreaterThan(old.token);
    });

    it('stay with their owner when a former one releases', async () => {
      const old = await held('ann');
      await leases.release(old);
      const lease = await held('bob');
      await leases.release(old);
      expect(await leases.renew(old, LONG_MS)).toBe(false);
      expect(await leases.acquire('job', 'ann', LONG_MS)).toBeUndefined();
      expect(await leases.renew(lease, LONG_MS)).toBe(true);
    });

    it('are not those of an earlier term of the same owner', async () => {
      const early = await held('ann');
      await leases.release(early);
      await leases.release(await held('bob'));
      const late = await held('ann');
      expect(late.token).toBeGreaterThan(early.token);
      expect(await leases.renew(early, LONG_MS)).toBe(false);
      await leases.release(early);
      expect(await leases.acquire('job', 'bob', LONG_MS)).toBeUndefined();
    });

    it('go to one of many who ask at once', async () => {
      const all = [leases, await harness.another(), await harness.another()];
      const answers = await Promise.all(
        all.flatMap((each, connection) =>
          Array.from({ length: 8 }, (_, n) => each.acquire('job', `owner ${connection}/${n}`, LONG_MS)),
        ),
      );
      expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
    });
  });
};
