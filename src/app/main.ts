import { inspect } from 'node:util';
import { CannotStart } from './cannot-start.js';
import { InvalidConfiguration, readConfig } from './config.js';
import { type Logger } from '../ports/logger.js';
import { enginesOf } from './engines/index.js';
import { openLogger } from './logger.js';
import { type Program, startProgram } from './program.js';

/** Runs until SIGTERM or SIGINT. @returns the program once it is ready; exits when it cannot start. */
export const runUntilStopped = async (
  env: Readonly<Record<string, string | undefined>>,
): Promise<Program | undefined> => {
  try {
    const config = readConfig(env);
    const logger = openLogger(config.LOG_LEVEL);
    const program = await startProgram(config, logger);
    const { ROLES: roles, SERVICES: services, DATA_DIR: dataDir } = config;
    logger.info(
      { url: program.url, pid: process.pid, roles, services, dataDir, engines: enginesOf(config) },
      'Ready',
    );
    stopOnSignal(program, config.SHUTDOWN_TIMEOUT_MS, logger);
    return program;
  } catch (error) {
    const expected = error instanceof InvalidConfiguration || error instanceof CannotStart;
    const text = expected ? error.message : inspect(error);
    process.stderr.write(`The program cannot start.\n${text}\n`);
    process.exitCode = 1;

    return undefined;
  }
};

const stopOnSignal = (program: Program, timeoutMs: number, logger: Logger): void => {
  const stop = (): void => {
    const overdue = setTimeout(() => {
      process.stderr.write(`What was in flight did not finish within ${timeoutMs} ms.\n`);
      process.exit(1);
    }, timeoutMs);
    overdue.unref();
    program.stop().then(
      () => {
        logger.info({}, 'Stopped');
        process.exit(0);
      },
      (error: unknown) => {
        process.stderr.write(`The stop failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

if (import.meta.main) await runUntilStopped(process.env);
