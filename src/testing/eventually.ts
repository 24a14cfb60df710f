import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 20_000;

/** Resolves as soon as the condition holds; a wait in vain fails with its name. */
export const eventually = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + PATIENCE_MS; !(await holds()); await pause(2)) {
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1000} s in vain: ${what}.`);
  }
};
