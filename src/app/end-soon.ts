const graceMs = 1_000;

/** Ends the process with its exit code although something, such as a connection that is still being made, keeps it alive. */
export const endSoon = (): void => {
  setTimeout(() => {
    // Whoever reads the output has not had all of it.
    if (process.stdout.writableLength > 0 || process.stderr.writableLength > 0) endSoon();
    else process.exit();
  }, graceMs).unref();
};
