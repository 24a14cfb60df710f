import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Checkpoints } from '../ports/checkpoints.js';
import { type Leases, LeaseLost } from '../ports/leases.js';
import { positionAt } from './sample-positions.js';

export interface CheckpointsHarness {
  /** Without checkpoints. */
  readonly checkpoints: Checkpoints;
  /** Those that the checkpoints are fenced by. */
  readonly leases: Leases;
  /** The same checkpoints through a connection of its own. */
  readonly another: () => Promise<Checkpoints>;
  readonly dispose: () => Promise<void>;
}

/** What every adapter of the checkpoints does, sentence by sentence of the port. */
export const describeCheckpointsContract = (name: string, open: () => Promise<CheckpointsHarness>): void => {
  describe(`${name} as checkpoints`, () => {
    let harness: CheckpointsHarness;
    let checkpoints: Checkpoints;

    beforeEach(async () => {
      harness = await open();
      checkpoints = harness.checkpoints;
    });

    afterEach(() => harness.dispose());

    it('are undefined until they are saved', async () => {
      expect(await checkpoints.load('reader')).toBeUndefined();
    });

    it('are each subscriber’s own and seen on every connection', async () => {
      await checkpoints.save('reader', positionAt(1));
      await checkpoints.save('other reader', positionAt(2));
      for (const each of [checkpoints, await harness.another()]) {
        expect(await each.load('reader')).toBe(positionAt(1));
        expect(await each.load('other reader')).toBe(positionAt(2));
      }
    });

    it('move forwards and never back', async () => {
      for (const n of [2, 5, 3, 5, 1]) await checkpoints.save('reader', positionAt(n));
      expect(await checkpoints.load('reader')).toBe(positionAt(5));
      await Promise.all([9, 7, 12, 8].map((n) => checkpoints.save('reader', positionAt(n))));
      expect(await checkpoints.load('reader')).toBe(positionAt(12));
    });

    it('are saved under a lease as long as it has not passed on', async () => {
      const { leases } = harness;
      const old = await leases.acquire('job', 'ann', 60_000);
      if (old === undefined) throw new Error('Nobody held the lease.');
      await checkpoints.save('reader', positionAt(1), old);
      await leases.release(old);
      const lease = await leases.acquire('job', 'bob', 60_000);
      await expect(checkpoints.save('reader', positionAt(2), old)).rejects.toThrow(LeaseLost);
      expect(await checkpoints.load('reader')).toBe(positionAt(1));
      await checkpoints.save('reader', positionAt(3), lease);
      expect(await checkpoints.load('reader')).toBe(positionAt(3));
      if (lease !== undefined) await leases.release(lease);
      await leases.acquire('job', 'ann', 60_000);
      await expect(checkpoints.save('reader', positionAt(4), old)).rejects.toThrow(LeaseLost);
      expect(await checkpoints.load('reader')).toBe(positionAt(3));
    });
  });
};
