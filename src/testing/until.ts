import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 30_000;

/** The first value that the probe finds. Asks again until then; a wait without end is a failure with a name. */
export const until = async <Found>(
  what: string,
  probe: () => Promise<Found | undefined> | Found | undefined,
  everyMs = 20,
): Promise<Found> => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${patienceMs / 1000} s in vain for ${what}.`);
    await pause(everyMs);
  }
};
