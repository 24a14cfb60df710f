import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PersistentMap } from './persistent-map.js';

/** 'Aa' and 'BB' have the same hash, and so have all words of one length made of them. */
const colliding = fc.array(fc.constantFrom('Aa', 'BB'), { maxLength: 4 }).map((parts) => parts.join(''));
const entries = fc.array(fc.tuple(fc.oneof(colliding, fc.string()), fc.nat()), { maxLength: 300 });

const build = (pairs: readonly (readonly [string, number])[]): PersistentMap<number> =>
  pairs.reduce((map, [key, value]) => map.set(key, value), PersistentMap.empty<number>());

describe('A persistent map', () => {
  it('holds what a Map holds', () => {
    fc.assert(
      fc.property(entries, fc.string(), (pairs, other) => {
        const map = build(pairs);
        const model = new Map(pairs);
        expect(map.size).toBe(model.size);
        expect(new Map(map)).toEqual(model);
        expect([...map]).toHaveLength(model.size);
        for (const [key, value] of model) expect(map.get(key)).toBe(value);
        expect(map.get(other)).toBe(model.get(other));
      }),
    );
  });

  it('leaves the old version as it was', () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const old = build(before);
        after.reduce((map, [key, value]) => map.set(key, value), old);
        expect(new Map(old)).toEqual(new Map(before));
        expect(old.size).toBe(new Map(before).size);
      }),
    );
  });

  it('keeps keys apart whose hashes collide', () => {
    const map = build([
      ['Aa', 1],
      ['BB', 2],
      ['Aa', 3],
    ]);
    expect(map.size).toBe(2);
    expect([map.get('Aa'), map.get('BB'), map.get('C#')]).toEqual([3, 2, undefined]);
  });

  it('stays cheap with 100,000 keys', () => {
    let map = PersistentMap.empty<number>();
    const started = performance.now();
    for (let n = 0; n < 100_000; n += 1) map = map.set(`reservation-${n}`, n);
    // Copying the whole would take minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(map.size).toBe(100_000);
    expect(map.get('reservation-77777')).toBe(77_777);
  });
});
