import { type Logger } from '../../ports/logger.js';

/** A logger that keeps what it is told. */
export const logbook = () => {
  const entries: { readonly level: keyof Logger; readonly message: string; readonly fields: object }[] = [];
  const keep = (level: keyof Logger) => (fields: object, message: string) => {
    entries.push({ level, message, fields });
  };
  const logger: Logger = {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
  };
  return { logger, entries };
};
