import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '../app/cannot-start.js';
import { type Config, InvalidConfiguration, readConfig } from '../app/config.js';
import { usesEmbedded } from '../app/engines/index.js';
import { openLogger } from '../app/logger.js';
import { openTracing } from '../app/observe/open-tracing.js';
import { openPlatform, type Platform } from '../app/platform.js';
import { StorageUnavailable } from '../ports/storage.js';
import { SchemaNotRegistered } from '../wire/encoder.js';

/** A sentence for the person at the terminal; the tool ends with 2. */
export class UsageError extends Error {}

/** What is wrong with the arguments of the command line is a sentence for the person at the terminal. @throws UsageError */
export const parsedOrUsage = <Parsed>(parse: () => Parsed): Parsed => {
  try {
    return parse();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
};

/** Runs a tool with the arguments of the command line. What it resolves to is the exit code. */
export const runTool = async (
  usage: string,
  tool: (args: readonly string[]) => Promise<number>,
): Promise<void> => {
  // Whoever reads has had enough (`| head`).
  process.stdout.on('error', () => process.exit());
  try {
    process.exitCode = await tool(process.argv.slice(2));
  } catch (error) {
    const ending = endings.find(({ kind }) => error instanceof kind);
    if (ending === undefined || !(error instanceof Error)) throw error;
    process.stderr.write(`${error.message}\n${error instanceof UsageError ? `${usage}\n` : ''}`);
    process.exitCode = ending.code;
  }
};

/** 2: it cannot be done like this; 1: it could not be done now. */
const endings = [
  { kind: UsageError, code: 2 },
  { kind: InvalidConfiguration, code: 2 },
  { kind: CannotStart, code: 2 },
  { kind: SchemaNotRegistered, code: 2 },
  { kind: StorageUnavailable, code: 1 },
] as const;

/** Aborts with Ctrl-C or SIGTERM; a second one ends the process at once. */
export const interruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
};

/** The ports that the program would use with this environment; it may run meanwhile. Logs go to standard error. */
export const withPlatform = async <Result>(
  work: (platform: Platform, config: Config) => Promise<Result>,
): Promise<Result> => {
  const config = environment();
  if (usesEmbedded(config) && !existsSync(join(config.DATA_DIR, 'store.db'))) {
    throw new CannotStart(
      `There is no store in DATA_DIR=${config.DATA_DIR}. Name the folder that the program uses.`,
      undefined,
    );
  }
  return onPlatform(config, work);
};

/** The same, in a folder that may be empty. */
export const withNewPlatform = <Result>(
  work: (platform: Platform, config: Config) => Promise<Result>,
): Promise<Result> => onPlatform(environment(), work);

/** Of the process, and of .env where there is one. */
export const environment = (): Config => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readConfig(process.env);
};

const onPlatform = async <Result>(
  config: Config,
  work: (platform: Platform, config: Config) => Promise<Result>,
): Promise<Result> => {
  const logger = openLogger(config.LOG_LEVEL, 'stderr');
  const traces = openTracing(config, logger);
  const platform = await openPlatform(config, logger, traces);
  try {
    return await work(platform, config);
  } finally {
    await platform.close();
    await traces.close(config.SHUTDOWN_TIMEOUT_MS / 4);
  }
};
