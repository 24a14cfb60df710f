import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after the time or as soon as the signal aborts. Does not keep the process alive. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await delay(ms, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
