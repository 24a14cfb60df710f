const controller = new AbortController();

/** Aborted when this program is told to end, so that what it has begun is cleaned up. */
export const interruption = controller.signal;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    controller.abort(new Error(`Interrupted by ${signal}.`));
  });
