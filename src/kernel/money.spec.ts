import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareMoney, minus, money, moneyText, plus, sameMoney, sum, times, zero } from './money.js';

const amounts = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((minor) => money(minor, 'EUR'));

describe('Money', () => {
  it('adds up to the last minor unit', () => {
    fc.assert(
      fc.property(amounts, amounts, fc.nat(100), (a, b, factor) => {
        expect(minus(plus(a, b), b)).toEqual(a);
        expect(plus(a, b)).toEqual(plus(b, a));
        expect(times(a, factor)).toEqual(
          sum(
            Array.from({ length: factor }, () => a),
            'EUR',
          ),
        );
        expect(sameMoney(a, b)).toBe(compareMoney(a, b) === 0);
      }),
    );
  });

  it.each([0.1, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1])('is never %p', (amount) => {
    expect(() => money(amount, 'EUR')).toThrow(RangeError);
  });

  it('is of one currency', () => {
    expect(() => plus(money(1, 'EUR'), money(1, 'USD'))).toThrow('Cannot mix EUR and USD.');
    expect(sameMoney(zero('EUR'), zero('USD'))).toBe(false);
  });

  it('does not lose units by growing too large', () => {
    expect(() => times(money(Number.MAX_SAFE_INTEGER, 'EUR'), 2)).toThrow(RangeError);
  });
});

describe('the text of an amount', () => {
  it('has as many decimals as its currency', () => {
    expect(
      [money(1999, 'EUR'), money(5, 'EUR'), money(500, 'JPY'), money(1234, 'BHD'), money(0, 'USD')].map(
        moneyText,
      ),
    ).toStrictEqual(['19.99 EUR', '0.05 EUR', '500 JPY', '1.234 BHD', '0.00 USD']);
  });
});
