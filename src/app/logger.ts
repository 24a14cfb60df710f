import { pino } from 'pino';
import { type Logger } from '../ports/logger.js';

/** JSON lines on standard output, or on standard error for a program whose output is a result. */
export const openLogger = (level: string, output: 'stdout' | 'stderr' = 'stdout'): Logger => {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
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
