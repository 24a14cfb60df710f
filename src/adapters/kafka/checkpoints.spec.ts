import { describe, expect, it } from '@jest/globals';
import { windows } from './checkpoints.js';

describe('The windows in which a checkpoint is looked for', () => {
  it.each([
    ['nothing', 0, 0, [0]],
    ['less than a window', 0, 10, [0]],
    ['exactly a window', 0, 64, [0]],
    ['much', 0, 10_000, [9_936, 9_488, 5_904, 0]],
    ['what is kept', 9_700, 10_000, [9_936, 9_700]],
  ])('grow from the end back to the first offset: %s', (_, first, end, expected) => {
    expect([...windows(first, end)]).toEqual(expected);
  });
});
