import { openDatabase } from '../../adapters/embedded/database.js';
import { EventLog } from '../../adapters/embedded/event-log.js';
import { EmbeddedEventStore } from '../../adapters/embedded/event-store.js';
import { GroupCommit } from '../../adapters/embedded/group-commit.js';
import { Wakeups } from '../../adapters/embedded/wakeups.js';
import { type EventStore } from '../../ports/event-store.js';

/** Appends to one B-tree in random order are cheaper the more of them share a transaction. */
const limits = { writes: 4_096, ms: 1_000 };

/** The embedded event store for what can be made again: nothing is flushed, and many appends share a transaction. */
export const withBulkStore = async <Result>(
  dataDir: string,
  work: (store: EventStore) => Promise<Result>,
): Promise<Result> => {
  const db = openDatabase(dataDir);
  db.pragma('synchronous = OFF');
  const wakeups: Wakeups = new Wakeups(() => {
    log.refresh();
  });
  const log = new EventLog(db, () => {
    wakeups.wake();
  });
  const commits = new GroupCommit(
    db,
    (outcome) => {
      log.settle(outcome);
    },
    limits,
  );
  const store = new EmbeddedEventStore(db, commits, log, wakeups);
  try {
    return await work(store);
  } finally {
    await store.close();
    db.close();
  }
};
