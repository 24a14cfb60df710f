import { describe, expect, it } from '@jest/globals';
import avro from 'avsc';
import fc from 'fast-check';
import { exactLong, UnsafeLong } from './exact-long.js';

describe('exactLong', () => {
  const bigints = avro.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(value);
      return bytes;
    },
    isValid: (value: unknown) => typeof value === 'bigint',
    fromJSON: BigInt,
    toJSON: String,
    compare: () => 0,
  });

  it('writes what bigints are written as, and reads it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = bigints.toBuffer(BigInt(value));
        expect(exactLong.toBuffer(value)).toEqual(bytes);
        expect(exactLong.fromBuffer(bytes)).toBe(value);
      }),
      {
        examples: [
          [0],
          [-1],
          [63],
          [-64],
          [64],
          [-65],
          [-(2 ** 52) - 1],
          [Number.MAX_SAFE_INTEGER],
          [Number.MIN_SAFE_INTEGER],
        ],
      },
    );
  });

  it('refuses what a number cannot hold', () => {
    fc.assert(
      fc.property(
        fc
          .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
          .filter((value) => !Number.isSafeInteger(Number(value))),
        (value) => {
          const bytes = bigints.toBuffer(value);
          expect((): unknown => exactLong.fromBuffer(bytes)).toThrow(UnsafeLong);
        },
      ),
      { examples: [[2n ** 53n], [-(2n ** 53n)], [2n ** 63n - 1n], [-(2n ** 63n)]] },
    );
  });

  it.each([0.5, 2 ** 53, Number.NaN, '7', null])('does not write %p', (value) => {
    expect(() => exactLong.toBuffer(value)).toThrow();
  });
});
