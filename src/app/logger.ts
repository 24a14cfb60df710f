import { type DestinationStream, pino } from 'pino';
import { type Logger } from '../ports/logger.js';

/** JSON lines; on standard output unless another destination is given. */
export const openLogger = (level: string, destination: DestinationStream = process.stdout): Logger => {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
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
