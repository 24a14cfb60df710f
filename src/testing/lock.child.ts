import Database from 'better-sqlite3';

/**
 * A process that holds the write lock of a SQLite file until it is told to release it, after some milliseconds:
 *     lock.child.js <file>
 */
export interface LockReport {
  readonly told: 'locked' | 'released';
}

export interface Release {
  readonly afterMs: number;
}

const db = new Database(process.argv[2]);
const tell = (report: LockReport): void => void process.send?.(report);

db.exec('BEGIN IMMEDIATE');
tell({ told: 'locked' });
process.once('message', ({ afterMs }: Release) => {
  setTimeout(() => {
    db.exec('COMMIT');
    db.close();
    tell({ told: 'released' });
  }, afterMs);
});
