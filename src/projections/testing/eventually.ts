import { setImmediate as turn } from 'node:timers/promises';

/** Resolves when the condition holds; the test's own time limit ends the wait. */
export const eventually = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await turn();
};
