import { expect, it } from '@jest/globals';
import { WrittenIds } from './written-ids.js';

it('None of the ids is forgotten, and few others are taken for one of them', () => {
  const written = new WrittenIds();
  const idOf = (of: string, index: number): string => `${of}-${index.toString(16).padStart(8, '0')}`;
  const count = 20_000;
  for (let index = 0; index < count; index += 1) written.add(idOf('order', index));
  const had = (of: string): number =>
    Array.from({ length: count }, (_, index) => written.mayHave(idOf(of, index))).filter(Boolean).length;
  expect(had('order')).toBe(count);
  expect(had('other')).toBeLessThan(count / 1_000);
});
