import { type RecordedEvent } from '../../kernel/envelope.js';
import { type Database } from './database.js';
import { EVENT_COLUMNS, type EventRow, toEvent } from './rows.js';

/** A recent row. */
export interface Entry {
  readonly row: EventRow;
  /** Parsed for the first subscriber that wants it and shared with all others. */
  event?: RecordedEvent;
}

export const eventOf = (entry: Entry): RecordedEvent => (entry.event ??= toEvent(entry.row));

/** Half of this many recent events at least, all of them at most, are kept in memory. */
const CAPACITY = 8192;

/**
 * The end of the log in memory, so that subscribers at the tail do not each read and parse the same rows. Covers the
 * positions from `first` to `head` without a gap: positions are dense in the file, and what another process has
 * committed is read (or the memory begins anew) before anything is put behind it.
 */
export class EventLog {
  /** Position of the last committed event that is known of; 0 while there is none. */
  head: number;
  private first: number;
  private entries: Entry[] = [];
  private staged: EventRow[] = [];
  private dataVersion: number | undefined;
  private entered = false;
  private readonly selectDataVersion;
  private readonly selectHead;
  private readonly selectAfter;
  private readonly insert;

  /** @param onNews called for every commit of events, of this process or of another one, by whomever it is noticed */
  constructor(
    db: Database,
    private readonly onNews: () => void,
  ) {
    this.selectDataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
    this.selectHead = db.prepare<[], number | null>('SELECT max(position) FROM events').pluck();
    this.selectAfter = db
      .prepare<[number], EventRow>(`SELECT ${EVENT_COLUMNS} FROM events WHERE position > ? ORDER BY position`)
      .raw();
    this.insert = db.prepare<[...EventRow]>(
      `INSERT INTO events (${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.dataVersion = this.selectDataVersion.get() ?? 0;
    this.head = this.selectHead.get() ?? 0;
    this.first = this.head + 1;
  }

  /** Takes notice of what other processes have committed. */
  refresh(): void {
    const dataVersion = this.selectDataVersion.get() ?? 0;
    // SQLite changes it for the commits of other connections alone.
    if (dataVersion === this.dataVersion) return;
    const head = this.selectHead.get() ?? 0;
    const news = head - this.head;
    if (news > CAPACITY / 2) {
      this.entries = [];
      this.first = head + 1;
      this.head = head;
    } else if (news > 0) {
      this.remember(this.selectAfter.all(this.head));
    }
    this.dataVersion = dataVersion;
    if (news > 0) this.onNews();
  }

  /** Inside a transaction. Returns the position of the event. */
  append(event: EventRow extends readonly [number, ...infer Rest] ? Rest : never): number {
    // Holding the lock: once the head is known it is the head until the end of the transaction.
    if (!this.entered) this.refresh();
    this.entered = true;
    const position = this.head + this.staged.length + 1;
    const row: EventRow = [position, ...event];
    this.insert.run(...row);
    this.staged.push(row);
    return position;
  }

  /** The transaction is over. */
  settle(outcome: 'committed' | 'rolled back'): void {
    const rows = this.staged;
    this.staged = [];
    this.entered = false;
    if (outcome === 'rolled back') {
      // After a failed commit what the file holds is asked, not assumed.
      this.dataVersion = undefined;
    } else if (rows.length > 0) {
      this.remember(rows);
      this.onNews();
    }
  }

  covers(position: number): boolean {
    return position + 1 >= this.first;
  }

  /** Commit order; only for a position that is covered. At most `window` events are looked at. */
  after(
    position: number,
    window: number,
    limit: number,
    matches: (row: EventRow) => boolean,
  ): { readonly entries: readonly Entry[]; readonly position: number } {
    const entries: Entry[] = [];
    let index = position + 1 - this.first;
    const end = Math.min(this.entries.length, index + window);
    for (; index < end && entries.length < limit; index += 1) {
      const entry = this.entries[index];
      if (entry !== undefined && matches(entry.row)) entries.push(entry);
    }
    return { entries, position: this.first + index - 1 };
  }

  private remember(rows: readonly EventRow[]): void {
    for (const row of rows) this.entries.push({ row });
    this.head += rows.length;
    if (this.entries.length > CAPACITY) {
      const dropped = this.entries.length - CAPACITY / 2;
      this.entries = this.entries.slice(dropped);
      this.first += dropped;
    }
  }
}
