import { pino } from 'pino';
import { type Logger } from '../ports/logger.js';
import { RegistryUnavailable } from '../ports/schema-registry.js';
import { StorageUnavailable } from '../ports/storage.js';

/** Where in the code an engine was found to be away tells nobody anything. */
const shown = (error: unknown): unknown =>
  error instanceof StorageUnavailable || error instanceof RegistryUnavailable
    ? { type: error.name, message: error.message }
    : pino.stdSerializers.err(error instanceof Error ? error : new Error(String(error)));

/** JSON lines on standard output, or on standard error for a program whose output is a result. */
export const openLogger = (level: string, output: 'stdout' | 'stderr' = 'stdout'): Logger => {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: shown } },
    pino.destination(output === 'stdout' ? 1 : 2),
  );
  return {
    info: (fields, message) => {
      logger.info(fields, message);
    },
    warn: (fields, message) => {
      logger.warn(fields, message);
    },
    error: (fields, message) => {
      logger.error(fields, message);
    },
  };
};
