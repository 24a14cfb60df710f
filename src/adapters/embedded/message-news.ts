import { type Database } from './database.js';
import { Wakeups } from './wakeups.js';

/** Lets readers and members of groups sleep until this or another process publishes or changes a group. */
export class MessageNews {
  /** Grows with every commit of messages. */
  published = 0;
  private regrouped = 0;
  private dataVersion: number | undefined;
  private readonly selectDataVersion;
  private readonly selectCounts;
  private readonly wakeups = new Wakeups(() => {
    this.refresh();
  });

  constructor(db: Database) {
    this.selectDataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
    this.selectCounts = db
      .prepare<[], [kind: string, count: number]>('SELECT kind, count FROM message_news ORDER BY kind')
      .raw();
    this.refresh();
  }

  /** Grows with every commit of messages and every change of a group. */
  get version(): number {
    return this.published + this.regrouped;
  }

  /** Takes notice of what other processes have committed. */
  refresh(): void {
    const dataVersion = this.selectDataVersion.get();
    // SQLite changes it for the commits of other connections alone.
    if (dataVersion === this.dataVersion) return;
    this.committed();
    this.dataVersion = dataVersion;
  }

  /** Takes notice of what this process has committed. */
  committed(): void {
    const before = this.version;
    const counts = new Map(this.selectCounts.all());
    this.published = counts.get('published') ?? 0;
    this.regrouped = counts.get('regrouped') ?? 0;
    if (this.version !== before) this.wake();
  }

  /** Resolves with the next news, or for no reason. */
  sleep(): Promise<void> {
    return this.wakeups.sleep();
  }

  wake(): void {
    this.wakeups.wake();
  }
}
