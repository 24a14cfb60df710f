import { pino } from 'pino';
import { logFields } from '../adapters/observed/tracing.js';
import { type Logger } from '../ports/logger.js';

/** Fields that may hold personal data. Nobody logs them on purpose; this is for objects that are logged whole. */
const personal = ['contact', 'shippingAddress', 'email', 'phone', 'recipient', 'to'];

/** Names, codes and what the program says itself; other fields of an error may hold whatever it was about. */
const errorFields = (error: Error): object => {
  const { type, message, stack } = pino.stdSerializers.err(error);
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number');
  return { type, message, stack, ...(code && { code: error.code }) };
};

/** JSON lines on standard output, or on standard error for a program whose output is a result. */
export const openLogger = (level: string, output: 'stdout' | 'stderr' = 'stdout'): Logger => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: logFields,
      serializers: {
        err: (value: unknown) => (value instanceof Error ? errorFields(value) : String(value)),
      },
      redact: {
        paths: personal.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[personal data]',
      },
    },
    pino.destination(output === 'stdout' ? 1 : 2),
  );
  return {
    debug: (fields, message) => {
      logger.debug(fields, message);
    },
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
