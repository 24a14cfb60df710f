import { type Clock } from '../../ports/clock.js';
import { CheckpointTable, EmbeddedCheckpoints } from './checkpoints.js';
import { openDatabase } from './database.js';
import { EventLog } from './event-log.js';
import { EmbeddedEventStore } from './event-store.js';
import { GroupCommit } from './group-commit.js';
import { EmbeddedLeases, LeaseTable } from './leases.js';
import { systemClock } from './system-clock.js';
import { EmbeddedViews } from './views.js';
import { Wakeups } from './wakeups.js';

export interface EmbeddedOptions {
  /** Holds `store.db`; made when it is not there. Several processes may have it open at once. */
  readonly dataDir: string;
  /** Tells when leases run out. Default: the system's. */
  readonly clock?: Clock;
}

/** All ports of the embedded engine on one database file. */
export const openEmbedded = ({ dataDir, clock = systemClock }: EmbeddedOptions) => {
  const db = openDatabase(dataDir);
  const log = new EventLog(db);
  const wakeups = new Wakeups(() => log.refresh());
  const commits = new GroupCommit(db, (outcome) => {
    if (log.settle(outcome)) wakeups.wake();
  });
  const eventStore = new EmbeddedEventStore(db, commits, log, wakeups);
  const checkpointTable = new CheckpointTable(db);
  const leaseTable = new LeaseTable(db);
  return {
    eventStore,
    checkpoints: new EmbeddedCheckpoints(checkpointTable, leaseTable, commits),
    views: new EmbeddedViews(db, commits, checkpointTable, leaseTable),
    leases: new EmbeddedLeases(leaseTable, commits, clock),
    /** Ends the subscriptions, waits for the writes under way and closes the file. */
    close: async (): Promise<void> => {
      await eventStore.close();
      db.close();
    },
  };
};
