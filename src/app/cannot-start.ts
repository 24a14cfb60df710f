import { type Config } from './config.js';

/** The machine does not allow what the configuration asks for; the message says what to change. */
export class CannotStart extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'CannotStart';
  }
}

/** A sentence for the faults that a user can mend; any other fault as it is. */
export const explained = (error: unknown, { PORT, HOST, DATA_DIR }: Config): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new CannotStart(
        `PORT=${PORT} is in use on ${HOST}: stop what listens there, or set PORT.`,
        error,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CannotStart(`HOST=${HOST} is not an address of this machine.`, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
      return new CannotStart(
        `DATA_DIR=${DATA_DIR} or PORT=${PORT} may not be used by this process (${code}): it must be able to write to ` +
          'the folder and to listen on the port.',
        error,
      );
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return new CannotStart(
        `${DATA_DIR}/store.db is no store of this program, or is damaged. Restore it, or set DATA_DIR.`,
        error,
      );
    default:
      return error;
  }
};
