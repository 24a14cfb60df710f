import { type Logger } from '../ports/logger.js';

const complain = (fields: object, message: string): void => {
  console.error(message, fields);
};

/** What spoils a measurement is shown. */
export const loudLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: complain,
  error: complain,
};
