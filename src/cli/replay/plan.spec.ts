import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planLines } from './plan.js';

const total = (lines: ReturnType<typeof planLines>): number =>
  lines.reduce((sum, { unitMinor, quantity }) => sum + unitMinor * quantity, 0);
const units = (lines: ReturnType<typeof planLines>): number =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0);

describe('The order lines of a purchase', () => {
  it.each([
    [1, 1177, [{ unitMinor: 1177, quantity: 1 }]],
    [5, 7700, [{ unitMinor: 1540, quantity: 5 }]],
    [3, 0, [{ unitMinor: 0, quantity: 3 }]],
    [
      3,
      1000,
      [
        { unitMinor: 333, quantity: 2 },
        { unitMinor: 334, quantity: 1 },
      ],
    ],
    [
      3,
      2,
      [
        { unitMinor: 0, quantity: 1 },
        { unitMinor: 1, quantity: 2 },
      ],
    ],
  ])('%i units for %i minor', (quantity, amountMinor, lines) => {
    expect(planLines({ quantity, amountMinor })).toEqual(lines);
  });

  it('add up to the purchase, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.maxSafeNat(), (quantity, amountMinor) => {
        const lines = planLines({ quantity, amountMinor });
        expect(total(lines)).toBe(amountMinor);
        expect(units(lines)).toBe(quantity);
        expect(lines.every((line) => line.quantity > 0 && line.unitMinor >= 0)).toBe(true);
      }),
    );
  });
});
