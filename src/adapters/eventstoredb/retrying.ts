import { setTimeout as pause } from 'node:timers/promises';
import { type Logger } from '../../ports/logger.js';
import { type Passing, passingOf } from './errors.js';
import { type Counters } from './status.js';

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 50;

/** Does the work again, a few times, as long as it fails with what may pass and is allowed to be repeated. */
export const retrying = async <Result>(
  doing: string,
  { retries }: Counters,
  logger: Logger,
  mayRepeat: (reason: Passing) => boolean,
  work: () => Promise<Result>,
): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const reason = passingOf(error);
      if (reason === undefined || attempt === ATTEMPTS || !mayRepeat(reason)) throw error;
      retries[reason] += 1;
      logger.warn({ doing, reason, attempt, error: String(error) }, 'EventStoreDB: sent again.');
      await pause(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
};
