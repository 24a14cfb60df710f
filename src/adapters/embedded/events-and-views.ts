import { type Views } from '../../ports/views.js';
import { type Database, openDatabase } from './database.js';
import { EventLog } from './event-log.js';
import { EmbeddedEventStore } from './event-store.js';
import { GroupCommit } from './group-commit.js';
import { EmbeddedViews } from './views.js';
import { Wakeups } from './wakeups.js';

export interface EventsAndViews {
  readonly db: Database;
  readonly commits: GroupCommit;
  readonly eventStore: EmbeddedEventStore;
  readonly views: Views;
  readonly close: () => Promise<void>;
}

/** The heart of the embedded engine, and all of it that a thread of a rebuild needs. */
export const openEventsAndViews = (dataDir: string, cacheKb?: number): EventsAndViews => {
  const db = openDatabase(dataDir, cacheKb);
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
  const views = new EmbeddedViews(dataDir, db);
  return {
    db,
    commits,
    eventStore,
    views,
    close: async (): Promise<void> => {
      await views.close();
      await eventStore.close();
      db.close();
    },
  };
};
