import { type Logger } from '../ports/logger.js';
import { StorageUnavailable } from '../ports/storage.js';
import { pause } from './pause.js';

export interface RestartOptions {
  readonly logger: Logger;
  /** Between starts after faults: doubles from the first up to the most. Default 100 ms to 10 s. */
  readonly backOffMs?: { readonly first: number; readonly most: number };
}

/** Something that runs until it is stopped. */
export interface Endless {
  readonly name: string;
  /**
   * Called again whenever it has ended, until the stop.
   * @param goesWell something succeeded: the next fault counts as the first again
   */
  run(goesWell: () => void): Promise<void>;
  onFault?(): void;
}

/** Runs it again and again until the signal; after a fault, when a growing pause is over. */
export const withRestarts = async (
  work: Endless,
  { logger, backOffMs = { first: 100, most: 10_000 } }: RestartOptions,
  stop: AbortSignal,
): Promise<void> => {
  const { name } = work;
  let faults = 0;
  const goesWell = (): void => {
    faults = 0;
  };
  while (!stop.aborted) {
    try {
      await work.run(goesWell);
    } catch (error) {
      const waitMs = Math.min(backOffMs.most, backOffMs.first * 2 ** faults);
      faults += 1;
      work.onFault?.();
      // That an engine is away is not its fault.
      const level = error instanceof StorageUnavailable ? 'warn' : 'error';
      logger[level]({ err: error, name, faults, waitMs }, `${name} failed and is started again`);
      await pause(waitMs, stop);
    }
  }
};
