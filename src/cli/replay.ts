import { parseArguments, usage } from './replay/arguments.js';
import { replay } from './replay/run.js';

const options = parseArguments(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(`${options}\n${usage}`);
  process.exitCode = 2;
} else {
  const interruption = new AbortController();
  // Only once: a second Ctrl-C ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort();
    });
  }
  const output = { result: process.stdout, progress: process.stderr };
  // Not an argument: those can be read in the list of processes.
  const { API_TOKEN: token } = process.env;
  process.exitCode = await replay({ ...options, token, patienceMs: 120_000 }, output, interruption.signal);
}
