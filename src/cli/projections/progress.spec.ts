import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { describe as describeMoment, type Moment, RebuildProgress } from './progress.js';

const replaying: Moment = {
  label: 'order_status g2',
  phase: 'replaying',
  fraction: 0.369,
  eventsPerSecond: 52_310.4,
  remainingSeconds: 7.2,
  documents: null,
};
const comparing: Moment = {
  ...replaying,
  ...{ phase: 'comparing', fraction: 1, eventsPerSecond: null, remainingSeconds: null, documents: 1_234 },
};
const clearLine = '\r\u001b[2K';

describe('the progress of a rebuild', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const on = (terminal: { readonly isTTY?: boolean; readonly columns?: number }) => {
    const written: string[] = [];
    const progress = new RebuildProgress({ ...terminal, write: (text) => written.push(text) });
    return { progress, written };
  };

  it('says how much is done, how fast it goes, what is left and what it is at', () => {
    expect(describeMoment(replaying, true)).toBe(
      'order_status g2  [##########------------------]  36 %  replaying  52,310 events/s  0:08 left',
    );
    expect(describeMoment(replaying, false)).toBe(
      'order_status g2  36 %  replaying  52,310 events/s  0:08 left',
    );
    expect(describeMoment(comparing, false)).toBe('order_status g2  100 %  comparing  1,234 documents');
    expect(describeMoment({ ...replaying, fraction: null, remainingSeconds: null }, true)).toBe(
      'order_status g2  replaying  52,310 events/s',
    );
  });

  it('is one line on a terminal, drawn over itself, no longer than the terminal is wide, and gone in the end', () => {
    const { progress, written } = on({ isTTY: true, columns: 40 });
    progress.show(replaying);
    progress.show({ ...replaying, fraction: 0.5 });
    jest.advanceTimersByTime(200);
    jest.advanceTimersByTime(1_000);
    progress.show(comparing);
    progress.end();
    jest.advanceTimersByTime(10_000);
    const first = 'order_status g2  [##########------------';
    expect(first).toHaveLength(40);
    expect(written).toStrictEqual([
      `${clearLine}${first.slice(0, 39)}`,
      `${clearLine}order_status g2  [##############-------`,
      `${clearLine}order_status g2  [#####################`,
      clearLine,
    ]);
  });

  it('is elsewhere a line for every phase, and one a second at most', () => {
    const { progress, written } = on({});
    progress.show(replaying);
    for (const fraction of [0.4, 0.45, 0.5]) {
      progress.show({ ...replaying, fraction });
      jest.advanceTimersByTime(400);
    }
    jest.advanceTimersByTime(5_000);
    progress.show(comparing);
    progress.end();
    expect(written).toStrictEqual([
      'order_status g2  36 %  replaying  52,310 events/s  0:08 left\n',
      'order_status g2  50 %  replaying  52,310 events/s  0:08 left\n',
      'order_status g2  100 %  comparing  1,234 documents\n',
    ]);
  });

  it.each([true, false])('keeps notes on lines of their own (terminal: %s)', (isTTY) => {
    const { progress, written } = on({ isTTY });
    progress.note('Before.');
    progress.show(comparing);
    progress.note('This tool does the work.');
    progress.end();
    const line = describeMoment(comparing, isTTY);
    expect(written).toStrictEqual(
      isTTY
        ? [
            'Before.\n',
            `${clearLine}${line}`,
            clearLine,
            'This tool does the work.\n',
            `${clearLine}${line}`,
            clearLine,
          ]
        : ['Before.\n', `${line}\n`, 'This tool does the work.\n'],
    );
  });
});
