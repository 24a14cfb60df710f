import { type Logger } from '../../../ports/logger.js';

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Remembers what was said. */
export const logged = (): { readonly logger: Logger; readonly messages: readonly string[] } => {
  const messages: string[] = [];
  const say = (_: object, message: string): void => {
    messages.push(message);
  };
  return { logger: { debug: say, info: say, warn: say, error: say }, messages };
};
