import { pino } from 'pino';
import { type Logger } from '../ports/logger.js';

/** JSON lines on standard output. */
export const openLogger = (level: string): Logger => {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
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
