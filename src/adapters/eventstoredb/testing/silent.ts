import { type Logger } from '../../../ports/logger.js';

export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
