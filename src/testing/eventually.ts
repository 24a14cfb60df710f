import { until } from './until.js';

/** Resolves as soon as the condition holds; a wait in vain fails with its name. */
export const eventually = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  await until(what, async () => (await holds()) || undefined, 2);
};
