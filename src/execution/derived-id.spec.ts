import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivedId } from './derived-id.js';

const part = fc.oneof(
  fc.string().map((text) => text.replaceAll('\u0000', '')),
  fc.integer(),
);

describe('a derived id', () => {
  it('is laid out as a UUID of version 5 (RFC 9562, section 5.5)', () => {
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(derivedId(...parts)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  // A change of these would double whatever is in flight when it is deployed.
  it('never changes', () => {
    expect([derivedId('order', 'key-1'), derivedId('demo', 'SKU-123', 3)]).toStrictEqual([
      '36694dab-7a2e-593d-992a-334c2b1481c4',
      '21ec95b5-2121-5a81-a58c-abdae7aac862',
    ]);
  });

  it('is told from others by each part and by where one ends', () => {
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (a, b) => {
        const same = a.length === b.length && a.every((each, index) => String(each) === String(b[index]));
        fc.pre(!(a.length <= 1 && b.length <= 1 && a.join('') === '' && b.join('') === ''));
        expect(derivedId(...a) === derivedId(...b)).toBe(same);
      }),
    );
    expect(derivedId('ab', 'c')).not.toBe(derivedId('a', 'bc'));
  });
});
