import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '../../ports/logger.js';
import { RegistryUnavailable } from '../../ports/schema-registry.js';
import { StorageUnavailable } from '../../ports/storage.js';
import { asCannotStart, CannotStart } from '../cannot-start.js';

/** An engine in another process. */
export interface Reachable {
  /** @throws StorageUnavailable, RegistryUnavailable while it does not answer; anything else when it never will. */
  check(): Promise<unknown>;
}

const pauseMs = 500;

export interface Patience {
  readonly patienceMs: number;
  readonly logger: Logger;
  /** Ends the wait: the start is refused for another reason. */
  readonly signal?: AbortSignal;
}

/**
 * Does the step again while an engine does not answer, so that systems may be started in any order.
 * @throws CannotStart when it has not answered for that long, or the wait has been ended; whatever else the step throws
 */
export const patiently = async <Result>(
  step: () => Promise<Result>,
  { patienceMs, logger, signal }: Patience,
): Promise<Result> => {
  const deadline = Date.now() + patienceMs;
  let said = '';
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof StorageUnavailable || error instanceof RegistryUnavailable)) throw error;
      if (signal?.aborted === true || Date.now() >= deadline) throw new CannotStart(error.message, error);
      if (error.message !== said) logger.warn({}, `Waiting for an engine. ${error.message}`);
      said = error.message;
      await delay(pauseMs, undefined, { ...(signal && { signal }) });
    }
  }
};

/** @throws CannotStart when it has not answered for that long, or does not let this process in. */
const whenReachable = async (engine: Reachable, patience: Patience): Promise<void> => {
  try {
    await patiently(() => engine.check(), patience);
  } catch (error) {
    throw asCannotStart(error);
  }
};

/**
 * All of them. The first that will never do ends the wait for the others.
 * @throws CannotStart
 */
export const whenAllReachable = async (
  engines: readonly Reachable[],
  patience: Omit<Patience, 'signal'>,
): Promise<void> => {
  const refused = new AbortController();
  try {
    const { signal } = refused;
    await Promise.all(engines.map((engine) => whenReachable(engine, { ...patience, signal })));
  } finally {
    refused.abort();
  }
};
