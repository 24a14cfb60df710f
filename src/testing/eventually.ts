import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 20_000;

/** Resolves as soon as the condition holds; a wait in vain fails with its name. */
export const eventually = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1000} s in vain: ${what}.`);
    await pause(2);
  }
};
