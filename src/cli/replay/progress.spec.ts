import { describe, expect, it } from '@jest/globals';
import { describe as describeMoment, Progress } from './progress.js';

describe('Progress', () => {
  it('says how much is done, how fast it goes and what is left', () => {
    expect(describeMoment({ label: 'orders', done: 2_500, total: 10_000, elapsedMs: 2_000 })).toBe(
      'orders [#######---------------------]  25 %  2,500 of 10,000  1,250/s  0:06 left',
    );
  });

  it('starts and ends without nonsense', () => {
    expect(describeMoment({ label: 'x', done: 0, total: 5, elapsedMs: 0 })).toMatch(
      / {2}0 % {2}0 of 5 {2}0\/s$/,
    );
    expect(describeMoment({ label: 'x', done: 5, total: 5, elapsedMs: 1_000 })).toMatch(
      /100 % {2}5 of 5 {2}5\/s$/,
    );
    expect(describeMoment({ label: 'x', done: 0, total: 0, elapsedMs: 0 })).toMatch(/100 % {2}0 of 0/);
  });

  it.each([true, false])('keeps notes on lines of their own (terminal: %s)', (isTTY) => {
    const written: string[] = [];
    const progress = new Progress({ isTTY, write: (text) => written.push(text) });
    progress.start('orders', 1);
    progress.note('line 3: unreadable');
    progress.step();
    progress.stop();
    const text = written.join('');
    expect(text).toMatch(/(^|\u001b\[2K)line 3: unreadable\n/);
    expect(text).toMatch(/1 of 1 .*\n$/);
    expect(text.includes('\r')).toBe(isTTY);
  });
});
