import { type FaultPoints } from '../../ports/fault-points.js';
import { type Keys } from '../../ports/keys.js';
import { type Logger } from '../../ports/logger.js';
import { type Secrets } from '../sealing/sealing.js';
import { EmbeddedCheckpoints } from './checkpoints.js';
import { type Database } from './database.js';
import { openEventsAndViews } from './events-and-views.js';
import { EmbeddedDeadLetters } from './dead-letters.js';
import { EmbeddedGenerations } from './generations.js';
import { EmbeddedInbox } from './inbox.js';
import { EmbeddedKeys } from './keys.js';
import { EmbeddedLeases } from './leases.js';
import { EmbeddedOutbox } from './outbox.js';
import { EmbeddedSchemaRegistry } from './schema-registry.js';
import { EmbeddedMessageLog } from './message-log.js';

export interface EmbeddedOptions {
  /** Holds `store.db`, `keys.db` and `views/`; made when it is not there. Several processes may have it open at once. */
  readonly dataDir: string;
  /** Told what happens without anybody's asking. Default: nobody. */
  readonly logger?: Logger;
  readonly reached?: FaultPoints | undefined;
  /** Makes the keys of what the file of keys holds. Default: it holds them as they are. */
  readonly keysWith?: ((secrets: Secrets) => Keys) | undefined;
}

const nothing = (): void => undefined;
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** All ports of the embedded engine on one database file, and the keys in another. */
export const openEmbedded = ({ dataDir, logger = silent, reached = nothing, keysWith }: EmbeddedOptions) => {
  const { db, commits, eventStore, views, close } = openEventsAndViews(dataDir);
  const file = openKeys(dataDir, db);
  const keys: Keys = keysWith?.(file.secrets) ?? file;
  const messageLog = new EmbeddedMessageLog(db, commits, logger, reached);
  return {
    eventStore,
    messageLog,
    checkpoints: new EmbeddedCheckpoints(db, commits),
    views,
    generations: new EmbeddedGenerations(db, commits),
    leases: new EmbeddedLeases(db, commits),
    inbox: new EmbeddedInbox(db, commits),
    deadLetters: new EmbeddedDeadLetters(db, commits),
    schemaRegistry: new EmbeddedSchemaRegistry(db, commits),
    keys,
    outbox: new EmbeddedOutbox(db, commits, keys),
    /** Ends the subscriptions and the membership in groups, waits for the writes under way and closes the files. */
    close: async (): Promise<void> => {
      await messageLog.close();
      await file.close();
      await close();
    },
  };
};

/** Whoever is refused the keys holds no file open. */
const openKeys = (dataDir: string, db: Database): EmbeddedKeys => {
  try {
    return new EmbeddedKeys(dataDir);
  } catch (error) {
    db.close();
    throw error;
  }
};
