/** A wait for an answer. */
export interface Silence {
  /** Something has been heard: the wait begins again. */
  heard(): void;
  end(): void;
}

const ticks = 10;

/**
 * Calls back when nothing has been heard for so long. Only time in which this process could listen counts: while it is
 * busy or starved, the answer may lie there unread.
 */
export const afterSilence = (ms: number, act: () => void): Silence => {
  let left = ticks;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    act();
  }, ms / ticks);
  return {
    heard: () => {
      left = ticks;
    },
    end: () => {
      clearInterval(timer);
    },
  };
};
