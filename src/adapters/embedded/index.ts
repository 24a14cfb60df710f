import { type Logger } from '../../ports/logger.js';
import { EmbeddedCheckpoints } from './checkpoints.js';
import { openDatabase } from './database.js';
import { EventLog } from './event-log.js';
import { EmbeddedDeadLetters } from './dead-letters.js';
import { EmbeddedEventStore } from './event-store.js';
import { GroupCommit } from './group-commit.js';
import { EmbeddedInbox } from './inbox.js';
import { EmbeddedLeases } from './leases.js';
import { EmbeddedSchemaRegistry } from './schema-registry.js';
import { EmbeddedMessageLog } from './message-log.js';
import { EmbeddedViews } from './views.js';
import { Wakeups } from './wakeups.js';

export interface EmbeddedOptions {
  /** Holds `store.db`; made when it is not there. Several processes may have it open at once. */
  readonly dataDir: string;
  /** Told what happens without anybody's asking. Default: nobody. */
  readonly logger?: Logger;
}

const nothing = (): void => undefined;
const silent: Logger = { info: nothing, warn: nothing, error: nothing };

/** All ports of the embedded engine on one database file. */
export const openEmbedded = ({ dataDir, logger = silent }: EmbeddedOptions) => {
  const db = openDatabase(dataDir);
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
  const messageLog = new EmbeddedMessageLog(db, commits, logger);
  return {
    eventStore,
    messageLog,
    checkpoints: new EmbeddedCheckpoints(db, commits),
    views: new EmbeddedViews(db, commits),
    leases: new EmbeddedLeases(db, commits),
    inbox: new EmbeddedInbox(db, commits),
    deadLetters: new EmbeddedDeadLetters(db, commits),
    schemaRegistry: new EmbeddedSchemaRegistry(db, commits),
    /** Ends the subscriptions and the membership in groups, waits for the writes under way and closes the file. */
    close: async (): Promise<void> => {
      await messageLog.close();
      await eventStore.close();
      db.close();
    },
  };
};
