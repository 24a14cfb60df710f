import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StreamCache, type StreamState } from './stream-cache.js';

const entry = (revision: number, state = 'state'): StreamState<string> => ({
  state,
  revision,
  position: undefined,
  commands: new Map(),
});

/** Which of the streams are there; asked without using them. */
const kept = (cache: StreamCache<string>, names: readonly string[]): readonly string[] =>
  names.filter((name) => cache.get(name) !== undefined);

describe('the stream cache', () => {
  it('gives what was put', () => {
    const cache = new StreamCache<string>(1_000);
    expect(cache.get('a')).toBeUndefined();
    const a = entry(3);
    cache.put('a', a);
    expect(cache.get('a')).toBe(a);
  });

  it('keeps the newer of two readings of a stream', () => {
    const cache = new StreamCache<string>(1_000);
    const newer = entry(5, 'newer');
    cache.put('a', newer);
    cache.put('a', entry(4, 'older'));
    expect(cache.get('a')).toBe(newer);
    const newest = entry(6, 'newest');
    cache.put('a', newest);
    expect(cache.get('a')).toBe(newest);
  });

  it('lets go of the streams that were not used for the longest time', () => {
    // 100 empty streams weigh 400.
    const cache = new StreamCache<string>(400);
    const names = Array.from({ length: 100 }, (_, index) => `s${index}`);
    for (const name of names) cache.put(name, entry(-1));
    cache.get('s0');
    cache.put('s1', entry(-1));
    cache.put('one more', entry(-1));
    cache.put('and one more', entry(-1));
    expect(kept(cache, [...names, 'one more', 'and one more'])).toStrictEqual([
      's0',
      's1',
      ...names.slice(4),
      'one more',
      'and one more',
    ]);
  });

  it('keeps fifty streams however long they are', () => {
    const cache = new StreamCache<string>(1_000);
    const names = Array.from({ length: 51 }, (_, index) => `s${index}`);
    for (const name of names) cache.put(name, entry(1_000_000));
    expect(kept(cache, names)).toStrictEqual(names.slice(1));
  });

  it('never holds more than its weight, and never less for want of counting', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(9)), { maxLength: 80 }), (steps) => {
        const cache = new StreamCache<string>(500);
        for (const [name, revision] of steps) {
          cache.put(`s${name}`, entry(revision));
        }
        // Were weight lost or left behind by replacing and dropping, these would not fit, or too many would.
        const names = Array.from({ length: 120 }, (_, index) => `t${index}`);
        for (const name of names) cache.put(name, entry(0));
        expect(kept(cache, names)).toStrictEqual(names.slice(20));
      }),
    );
  });
});
