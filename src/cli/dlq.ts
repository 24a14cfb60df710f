import { deskOf } from '../app/platform.js';
import { parseArguments, usage } from './dlq/arguments.js';
import { run } from './dlq/run.js';
import { runTool, UsageError, withPlatform } from './platform.js';

/** 0: done; 1: it could not be done; 2: it cannot be done like this. */
await runTool(usage, (args) => {
  const options = parseArguments(args, Date.now());
  if (typeof options === 'string') throw new UsageError(options);
  return withPlatform((platform) =>
    run(options, deskOf(platform), {
      result: (text) => process.stdout.write(`${text}\n`),
      problem: (text) => process.stderr.write(`${text}\n`),
    }),
  );
});
