import { setTimeout as pause } from 'node:timers/promises';
const patienceMs = 30_000;
/** The first value that the probe finds. Asks again until then; a wait without end is a failure with a name. */
export const until = async (what, probe, everyMs = 20) => {
    const deadline = Date.now() + patienceMs;
    for (;;) {
        const found = await probe();
        if (found !== undefined)
            return found;
        if (Date.now() > deadline)
            throw new Error(`Waited ${patienceMs / 1000} s in vain for ${what}.`);
        await pause(everyMs);
    }
};
/** Resolves when the assertion holds; a wait in vain ends with its last failure. */
export const untilHolds = async (assertion) => {
    const deadline = Date.now() + patienceMs;
    for (;;) {
        try {
            await assertion();
            return;
        }
        catch (failure) {
            if (Date.now() > deadline)
                throw failure;
            await pause(5);
        }
    }
};
//# sourceMappingURL=until.js.map