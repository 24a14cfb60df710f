import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHeader, longestLine, parseLine } from './history.js';

const parse = (text: string) => parseLine(7, text, 2);

describe('A line of an order history', () => {
  it('is a purchase', () => {
    expect(parse('00002,1997-01-12,5,77.00')).toEqual({
      line: 7,
      customer: '00002',
      date: '1997-01-12',
      quantity: 5,
      amountMinor: 7700,
    });
  });

  it.each([
    ['c,1997-01-12,1,0', 0],
    ['c,1997-01-12,1,0.00', 0],
    ['c,1997-01-12,1,0.07', 7],
    ['c,1997-01-12,1,1.1', 110],
    ['c,1997-01-12,1,4.35', 435],
    ['c,1997-01-12,1,90071992547409.91', Number.MAX_SAFE_INTEGER],
    [' c , 1997-01-12 , 1 , 12 ', 1200],
  ])('%s costs %i minor units', (text, amountMinor) => {
    expect(parse(text)).toMatchObject({ customer: 'c', amountMinor });
  });

  it('follows the decimals of its currency', () => {
    expect(parseLine(2, 'c,1997-01-12,1,500', 0)).toMatchObject({ amountMinor: 500 });
    expect(parseLine(2, 'c,1997-01-12,1,0.500', 3)).toMatchObject({ amountMinor: 500 });
    expect(parseLine(2, 'c,1997-01-12,1,5.00', 0)).toHaveProperty('why');
  });

  it('may have quoted fields', () => {
    expect(parse('"Smith, ""Al""","1997-01-12","1","2.50"')).toMatchObject({
      customer: 'Smith, "Al"',
      amountMinor: 250,
    });
  });

  it.each([
    ['c,1997-01-12,1', '3 columns'],
    ['c,1997-01-12,1,2.00,', '5 columns'],
    ['"c,1997-01-12,1,2.00', 'quote'],
    ['c"d,1997-01-12,1,2.00', 'quote'],
    ['"c"d,1997-01-12,1,2.00', 'quote'],
    [',1997-01-12,1,2.00', 'no customer'],
    ['" ",1997-01-12,1,2.00', 'no customer'],
    ['c,12/01/1997,1,2.00', 'date'],
    ['c,1997-02-30,1,2.00', 'date'],
    ['c,1997-13-01,1,2.00', 'date'],
    ['c,1997-01-12,0,2.00', 'quantity'],
    ['c,1997-01-12,-1,2.00', 'quantity'],
    ['c,1997-01-12,1.5,2.00', 'quantity'],
    ['c,1997-01-12,1e3,2.00', 'quantity'],
    ['c,1997-01-12,99999999999999999,2.00', 'quantity'],
    ['c,1997-01-12,,2.00', 'quantity'],
    ['c,1997-01-12,1,-2.00', 'amount'],
    ['c,1997-01-12,1,2.001', 'amount'],
    ['c,1997-01-12,1,.50', 'amount'],
    ['c,1997-01-12,1,$2', 'amount'],
    ['c,1997-01-12,1,90071992547409.92', 'amount'],
    ['c,1997-01-12,1,', 'amount'],
    ['\uFFFD,1997-01-12,1,2.00', 'UTF-8'],
    ['c'.repeat(longestLine + 1), 'longer'],
  ])('%# is unreadable, with the reason', (text, why) => {
    expect(parse(text)).toEqual({ line: 7, why: expect.stringContaining(why) });
  });

  it('is read exactly, whatever the amount', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 99 }), (whole, cents) => {
        const text = `${whole}.${cents.toString().padStart(2, '0')}`;
        expect(parse(`c,1997-01-12,1,${text}`)).toMatchObject({ amountMinor: whole * 100 + cents });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parse(text)).toHaveProperty('line', 7);
      }),
    );
  });
});

describe('The header', () => {
  it.each([
    ['customer,date,quantity,amount', true],
    ['"Customer", Date ,quantity,amount', true],
    ['00001,1997-01-01,1,11.77', false],
    ['customer,date,amount,quantity', false],
    ['', false],
  ])('%s: %s', (text, expected) => {
    expect(isHeader(text)).toBe(expected);
  });
});
