import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pause, withPatience } from './pause.js';

describe('a pause', () => {
  it('ends with its time or its signal, and leaves nothing on the signal', async () => {
    const { signal } = new AbortController();
    for (let round = 0; round < 20; round += 1) await pause(0, signal);
    expect(getEventListeners(signal, 'abort')).toStrictEqual([]);
    const stop = new AbortController();
    const long = pause(60_000, stop.signal);
    stop.abort();
    await long;
    await pause(60_000, stop.signal);
  });
});

describe('patience', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else
        signal.addEventListener('abort', () => {
          resolve();
        });
    });

  const nothingLeft = (signal: AbortSignal) => {
    expect([jest.getTimerCount(), getEventListeners(signal, 'abort')]).toStrictEqual([0, []]);
  };

  it('ends after its time', async () => {
    const { signal } = new AbortController();
    const waiting = withPatience(30_000, signal, untilAborted);
    jest.advanceTimersByTime(30_000);
    await waiting;
    nothingLeft(signal);
  });

  it('ends when everything is stopped, also when that was before', async () => {
    const stop = new AbortController();
    const waiting = withPatience(30_000, stop.signal, untilAborted);
    stop.abort();
    await waiting;
    await withPatience(30_000, stop.signal, untilAborted);
    nothingLeft(stop.signal);
  });

  it('leaves nothing behind when the work ends, well or not', async () => {
    const { signal } = new AbortController();
    await withPatience(30_000, signal, () => Promise.resolve());
    nothingLeft(signal);
    await expect(withPatience(30_000, signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    nothingLeft(signal);
  });
});
