import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Generations, type GenerationsOf } from '../ports/generations.js';

export interface GenerationsHarness {
  /** Without entries. */
  readonly generations: Generations;
  /** The same entries through a connection of its own. */
  readonly another: () => Promise<Generations>;
  readonly dispose: () => Promise<void>;
}

const entry = (projection: string, last: number): GenerationsOf => ({
  projection,
  serving: { number: 1, version: 1, storage: `${projection}_v1_g1`, createdAt: '2026-01-02T03:04:05.678Z' },
  former: [],
  build: null,
  last,
  comparison: null,
});

/** What every adapter of the generations does, sentence by sentence of the port. */
export const describeGenerationsContract = (name: string, open: () => Promise<GenerationsHarness>): void => {
  describe(`${name} as generations`, () => {
    let harness: GenerationsHarness;

    beforeEach(async () => {
      harness = await open();
    });

    afterEach(() => harness.dispose());

    it('know nothing of a view at first', async () => {
      expect(await harness.generations.load('orders')).toBeUndefined();
    });

    it('give back the entry of each view as it was saved, on every connection', async () => {
      const { generations } = harness;
      const another = await harness.another();
      expect(await generations.save(entry('orders', 1), null)).toBe(true);
      expect(await another.save(entry('carts', 7), null)).toBe(true);
      for (const each of [generations, another]) {
        expect((await each.load('orders'))?.generations).toStrictEqual(entry('orders', 1));
        expect((await each.load('carts'))?.generations).toStrictEqual(entry('carts', 7));
      }
    });

    it('save nothing when somebody else was first', async () => {
      const { generations } = harness;
      const another = await harness.another();
      expect(await generations.save(entry('orders', 1), null)).toBe(true);
      expect(await another.save(entry('orders', 2), null)).toBe(false);
      const revision = (await another.load('orders'))?.revision ?? null;
      expect(await another.save(entry('orders', 3), revision)).toBe(true);
      expect(await generations.save(entry('orders', 4), revision)).toBe(false);
      expect((await generations.load('orders'))?.generations).toStrictEqual(entry('orders', 3));
    });

    it('let one of many at once be first', async () => {
      const sites = [harness.generations, await harness.another()];
      const saved = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => sites[n % 2]?.save(entry('orders', n), null)),
      );
      expect(saved.filter((first) => first === true)).toHaveLength(1);
      expect((await harness.generations.load('orders'))?.generations.last).toBe(saved.indexOf(true));
    });
  });
};
