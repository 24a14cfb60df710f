import { type Backup, backUp, BackupRefused } from '../adapters/embedded/backup.js';
import { asCannotStart, CannotStart } from './cannot-start.js';
import { type Config } from './config.js';
import { enginesOf } from './engines/index.js';

/**
 * Copies what the embedded engine keeps into the folder.
 * @throws CannotStart when another engine keeps the events, or the folder is not empty
 */
export const backUpEmbedded = async (config: Config, folder: string): Promise<Backup> => {
  const { events } = enginesOf(config);
  if (events !== 'embedded') {
    throw new CannotStart(
      `The events are in ${events}: back it up by its own means (docs/operations.md, Backup).`,
      undefined,
    );
  }
  try {
    return await backUp(config.DATA_DIR, folder);
  } catch (error) {
    throw error instanceof BackupRefused ? asCannotStart(error) : error;
  }
};
