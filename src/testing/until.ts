import { setTimeout as pause } from 'node:timers/promises';

/** Real engines on a busy machine take their time (PATIENCE_SECONDS). */
const patienceMs = Number(process.env['PATIENCE_SECONDS'] ?? 30) * 1_000;

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

/** Resolves when the assertion holds; a wait in vain ends with its last failure. */
export const untilHolds = async (assertion: () => Promise<void> | void): Promise<void> => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (failure) {
      if (Date.now() > deadline) throw failure;
      await pause(5);
    }
  }
};
