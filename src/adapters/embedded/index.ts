import { EmbeddedCheckpoints } from './checkpoints.js';
import { type Database, openDatabase } from './database.js';
import { EventLog } from './event-log.js';
import { EmbeddedEventStore } from './event-store.js';
import { GroupCommit } from './group-commit.js';
import { EmbeddedKeys } from './keys.js';
import { EmbeddedLeases } from './leases.js';
import { EmbeddedSchemaRegistry } from './schema-registry.js';
import { EmbeddedOutbox } from './outbox.js';
import { EmbeddedViews } from './views.js';
import { Wakeups } from './wakeups.js';

export interface EmbeddedOptions {
  /** Holds `store.db` and `keys.db`; made when it is not there. Several processes may have it open at once. */
  readonly dataDir: string;
}

/** All ports of the embedded engine on one database file, and the keys in another. */
export const openEmbedded = ({ dataDir }: EmbeddedOptions) => {
  const db = openDatabase(dataDir);
  const keys = openKeys(dataDir, db);
  const wakeups: Wakeups = new Wakeups(() => {
    log.refresh();
  });
  const log = new EventLog(db, () => {
    wakeups.wake();
  });
  const commits = new GroupCommit(db, (outcome) => {
    log.settle(outcome);
  });
  const eventStore = new EmbeddedEventStore(db, commits, log, wakeups);
  return {
    eventStore,
    checkpoints: new EmbeddedCheckpoints(db, commits),
    views: new EmbeddedViews(db, commits),
    leases: new EmbeddedLeases(db, commits),
    schemaRegistry: new EmbeddedSchemaRegistry(db, commits),
    keys,
    outbox: new EmbeddedOutbox(db, commits, keys),
    /** Ends the subscriptions, waits for the writes under way and closes the files. */
    close: async (): Promise<void> => {
      await eventStore.close();
      await keys.close();
      db.close();
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
