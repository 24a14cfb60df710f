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
 * Does the step again while an engine does not answer, so that systems may be started in any order.
 * @throws CannotStart when it has not answered for that long; whatever else the step throws.
 */
export const patiently = async <Result>(
  step: () => Promise<Result>,
  patienceMs: number,
  logger: Logger,
): Promise<Result> => {
  const deadline = Date.now() + patienceMs;
  let said = '';
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof StorageUnavailable || error instanceof RegistryUnavailable)) throw error;
      if (Date.now() >= deadline) throw new CannotStart(error.message, error);
      if (error.message !== said) logger.warn({}, `Waiting for an engine. ${error.message}`);
      said = error.message;
      await delay(pauseMs);
    }
  }
};

/** @throws CannotStart when it has not answered for that long, or does not let this process in. */
export const whenReachable = async (engine: Reachable, patienceMs: number, logger: Logger): Promise<void> => {
  try {
    await patiently(() => engine.check(), patienceMs, logger);
  } catch (error) {
    throw error instanceof CannotStart || !(error instanceof Error)
      ? error
      : new CannotStart(error.message, error);
  }
};
