import { setTimeout as delay } from 'node:timers/promises';
import { StorageUnavailable } from '../../ports/storage.js';
import { isBusy } from './database.js';

/** Another process kept the database locked for longer than any healthy transaction lasts. */
export class DatabaseBusy extends StorageUnavailable {
  constructor(waitedMs: number, cause: unknown) {
    super(`Another process has kept the database locked for ${waitedMs} ms; nothing was written.`, cause);
    this.name = 'DatabaseBusy';
  }
}

const GIVE_UP_MS = 30_000;
const LONGEST_PAUSE_MS = 16;

/**
 * Does the work as soon as no other process holds the lock that it needs. Pauses with jitter between attempts, so
 * that the event loop goes on and writers of several processes do not march in step.
 * @throws DatabaseBusy after 30 s.
 */
export const whenFree = async <T>(work: () => T, giveUpMs = GIVE_UP_MS): Promise<T> => {
  const started = Date.now();
  for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const waited = Date.now() - started;
      if (waited > giveUpMs) throw new DatabaseBusy(waited, error);
      await delay(Math.random() * pause);
    }
  }
};
