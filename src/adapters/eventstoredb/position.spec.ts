import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fractionOf, fromPosition, toPosition } from './position.js';

/** All but the greatest, which means that the position is unknown. */
const commit = fc.bigInt({ min: 0n, max: 2n ** 64n - 2n });

describe('A position of EventStoreDB', () => {
  it('has the order of the log as text, and comes back as it was', () => {
    fc.assert(
      fc.property(commit, commit, (one, two) => {
        expect(toPosition(one) < toPosition(two)).toBe(one < two);
        expect(fromPosition(toPosition(one))).toBe(one);
      }),
    );
  });

  it('lies at a fraction from 0 to 1 of the log, which grows with it', () => {
    fc.assert(
      fc.property(commit, commit, commit, (...some) => {
        const [low = 0n, middle = 0n, end = 0n] = some.toSorted((a, b) => (a < b ? -1 : 1));
        const [first, second] = [fractionOf(low, end), fractionOf(middle, end)];
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first).toBeLessThanOrEqual(second);
        expect(second).toBeLessThanOrEqual(1);
        expect(fractionOf(end, end)).toBe(1);
      }),
    );
  });
});
