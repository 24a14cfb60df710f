import { type DestinationStream, pino } from 'pino';
import { logFields } from '../adapters/observed/tracing.js';
import { type Logger } from '../ports/logger.js';
import { RegistryUnavailable } from '../ports/schema-registry.js';
import { StorageUnavailable } from '../ports/storage.js';

/** Fields that may hold personal data. Nobody logs them on purpose; this is for objects that are logged whole. */
const personal = ['contact', 'shippingAddress', 'email', 'phone', 'recipient', 'to'];

/** What an error says and its code; its other fields may hold whatever it was about. */
const shown = (value: unknown): object => {
  const error = value instanceof Error ? value : new Error(String(value));
  // Where in the code an engine was found to be away tells nobody anything.
  if (error instanceof StorageUnavailable || error instanceof RegistryUnavailable) {
    return { type: error.name, message: error.message };
  }
  const { type, message, stack } = pino.stdSerializers.err(error);
  const code = 'code' in error ? error.code : undefined;
  return { type, message, stack, ...((typeof code === 'string' || typeof code === 'number') && { code }) };
};

/** JSON lines on standard output, or on standard error for a program whose output is a result. */
export const openLogger = (level: string, output: 'stdout' | 'stderr' = 'stdout'): Logger =>
  loggerTo(pino.destination(output === 'stdout' ? 1 : 2), level);

export const loggerTo = (destination: DestinationStream, level: string): Logger => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: logFields,
      serializers: { err: shown },
      redact: {
        paths: personal.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[personal data]',
      },
    },
    destination,
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
