import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart, openingStore, orExplain } from '../app/cannot-start.js';
import { InvalidConfiguration, readConfig } from '../app/config.js';
import { openLogger } from '../app/logger.js';
import { deskOf, openPlatform } from '../app/platform.js';
import { parseArguments, usage } from './dlq/arguments.js';
import { run } from './dlq/run.js';
import { StorageUnavailable } from '../ports/storage.js';

const problem = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** 0: done; 1: it could not be done; 2: it cannot be done like this. */
const main = async (): Promise<0 | 1 | 2> => {
  const options = parseArguments(process.argv.slice(2), Date.now());
  if (typeof options === 'string') {
    problem(`${options}\n${usage}`);
    return 2;
  }
  try {
    const config = readConfig(process.env);
    const { DATA_DIR, LOG_LEVEL } = config;
    // Opening would make a new one.
    if (!existsSync(join(DATA_DIR, 'store.db'))) {
      problem(`There is no store in DATA_DIR=${DATA_DIR}. Name the data folder of the program.`);
      return 2;
    }
    const logger = openLogger(LOG_LEVEL, 'stderr');
    const platform = await orExplain(() => openPlatform(config, logger), openingStore(DATA_DIR));
    try {
      // Whoever reads has had enough (`| head`).
      process.stdout.on('error', () => process.exit());
      return await run(options, deskOf(platform), {
        result: (text) => process.stdout.write(`${text}\n`),
        problem,
      });
    } finally {
      await platform.close();
    }
  } catch (error) {
    if (error instanceof InvalidConfiguration) {
      problem(error.message);
      return 2;
    }
    if (!(error instanceof CannotStart || error instanceof StorageUnavailable)) throw error;
    problem(error.message);
    return 1;
  }
};

process.exitCode = await main();
