import { randomBytes } from 'node:crypto';
import { projectionDeskOf } from '../app/platform.js';
import { keeperFor } from '../app/rebuild/keeper-for.js';
import { projectionNamed } from '../app/rebuild/ports.js';
import { ThreadedWork } from '../app/rebuild/threaded-work.js';
import { type Logger } from '../ports/logger.js';
import { allProjections } from '../projections/all.js';
import { audit } from '../projections/rebuild/audit.js';
import { defaultParallel } from '../projections/rebuild/desk.js';
import { interruption, runTool, UsageError, withPlatform } from './platform.js';
import { parseArguments, usage } from './projections/arguments.js';
import { RebuildProgress } from './projections/progress.js';
import { run } from './projections/run.js';

const known = allProjections.map(({ projection }) => projection.name);

const anySeed = (): string => randomBytes(4).toString('hex');

await runTool(usage, (args) => {
  const options = parseArguments(args, known);
  if (typeof options === 'string') throw new UsageError(options);
  return withPlatform((platform, config) => {
    const progress = new RebuildProgress(process.stderr);
    const signal = interruption();
    // What happens is seen in the progress; what goes wrong must not tear its line.
    const logger: Logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: (fields, message) => {
        progress.interrupt(() => {
          platform.logger.warn(fields, message);
        });
      },
      error: (fields, message) => {
        progress.interrupt(() => {
          platform.logger.error(fields, message);
        });
      },
    };
    const quiet = { ...platform, logger };
    return run(options, {
      desk: projectionDeskOf(platform, config),
      keep: (name) => keeperFor([projectionNamed(name)], quiet, config),
      audit: (name, { sample, seed = anySeed(), parallel = defaultParallel() }, onProgress) => {
        const projection = projectionNamed(name);
        const work = new ThreadedWork(projection, platform, config);
        return audit(
          projection,
          { ...quiet, ttlMs: config.LEASE_TTL_MS, work },
          { sample, seed, parallel, pid: process.pid, signal, onProgress },
        );
      },
      progress,
      result: (text) => process.stdout.write(`${text}\n`),
      problem: (text) => process.stderr.write(`${text}\n`),
      signal,
    });
  });
});
