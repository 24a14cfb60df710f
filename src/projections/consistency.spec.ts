import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type Position } from '../kernel/envelope.js';
import { isRejection } from '../kernel/rejection.js';
import { consistencyToken, parseConsistencyToken, ViewProgress } from './consistency.js';

const at = (position: string) => position as Position;

describe('consistency token', () => {
  it('is a position and back', () => {
    expect(parseConsistencyToken(consistencyToken(at('000123/7')))).toBe('000123/7');
  });

  it.each(['', '%', 'é', 'AA==', 'AA', 'MDAx=', ' MDAx', Buffer.from('x'.repeat(101)).toString('base64url')])(
    'refuses %j',
    (token) => {
      expect(parseConsistencyToken(token)).toStrictEqual({
        rejected: true,
        code: 'INVALID_CONSISTENCY_TOKEN',
        detail: expect.any(String),
      });
    },
  );

  it('refuses with a value', () => {
    expect(isRejection(parseConsistencyToken('?'))).toBe(true);
  });
});

describe('the wait for a view', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  const viewAt = (position: () => Position | undefined) => ({
    checkpoint: () => Promise.resolve(position()),
  });

  it('is none when the view is there', async () => {
    const progress = new ViewProgress(viewAt(() => undefined));
    progress.advanced(at('5'));
    expect(await progress.waitUntil(at('5'), 0)).toBe(true);
  });

  it('ends as soon as the runner of this process tells', async () => {
    const progress = new ViewProgress(viewAt(() => undefined));
    const waits = [progress.waitUntil(at('5'), 60_000), progress.waitUntil(at('6'), 60_000)];
    progress.advanced(at('4'));
    progress.advanced(at('6'));
    expect(await Promise.all(waits)).toStrictEqual([true, true]);
  });

  it('ends when another process has written the view', async () => {
    let position: Position | undefined;
    let asked = 0;
    const progress = new ViewProgress(
      viewAt(() => {
        asked += 1;
        if (asked === 3) position = at('5');
        return position;
      }),
      0,
    );
    expect(await progress.waitUntil(at('5'), 60_000)).toBe(true);
    expect(asked).toBe(3);
  });

  it('ends with false for a view that is behind or never started', async () => {
    jest.useFakeTimers();
    for (const position of [undefined, at('4')]) {
      const wait = new ViewProgress(viewAt(() => position)).waitUntil(at('5'), 2_000);
      await jest.advanceTimersByTimeAsync(2_000);
      expect(await wait).toBe(false);
    }
    expect(jest.getTimerCount()).toBe(0);
  });

  it('fails when the view cannot be asked', async () => {
    const progress = new ViewProgress({ checkpoint: () => Promise.reject(new Error('no connection')) });
    await expect(progress.waitUntil(at('5'), 60_000)).rejects.toThrow('no connection');
  });
});
