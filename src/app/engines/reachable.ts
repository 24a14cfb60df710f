import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '../../ports/logger.js';
import { RegistryUnavailable } from '../../ports/schema-registry.js';
import { StorageUnavailable } from '../../ports/storage.js';
import { CannotStart } from '../cannot-start.js';

/** An engine in another process. */
export interface Reachable {
  /** @throws StorageUnavailable, RegistryUnavailable while it does not answer; anything else when it never will. */
  check(): Promise<unknown>;
}

const pauseMs = 500;

/**
 * Waits for an engine that does not answer, so that systems may be started in any order.
 * @throws CannotStart when it has not answered for that long, or does not let this process in.
 */
export const whenReachable = async (engine: Reachable, patienceMs: number, logger: Logger): Promise<void> => {
  const deadline = Date.now() + patienceMs;
  let said = '';
  for (;;) {
    try {
      await engine.check();
      return;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isPassing = error instanceof StorageUnavailable || error instanceof RegistryUnavailable;
      if (!isPassing || Date.now() >= deadline) throw new CannotStart(message, error);
      if (message !== said) logger.warn({}, `Waiting for an engine. ${message}`);
      said = message;
      await delay(pauseMs);
    }
  }
};
