import { setImmediate as nextTurn } from 'node:timers/promises';
import { StorageUnavailable } from '../../ports/storage.js';
import { whenFree } from './busy.js';
import { type Database, isStorageFault } from './database.js';

/** What a write answers that was refused before it wrote anything; the others of its transaction go on. */
export class Refused {
  constructor(readonly error: Error) {}
}

export class Closed extends Error {
  constructor() {
    super('The embedded store is closed.');
    this.name = 'Closed';
  }
}

interface Write {
  readonly run: () => void;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

/** A transaction holds this many writes at most, and takes about this long, so that the event loop gets its turn. */
const usualLimits = { writes: 512, ms: 10 };

/**
 * Writes that arrive together share one transaction and one flush to the disk; each is acknowledged when the
 * transaction is committed. When the storage fails, all writes of the transaction fail; a write that throws for
 * another reason fails alone, and the others run again without it.
 */
export class GroupCommit {
  private queue: Write[] = [];
  private flushing: Promise<void> | undefined;
  private closed = false;
  private readonly begin;
  private readonly commit;
  private readonly rollback;

  constructor(
    db: Database,
    private readonly settled: (outcome: 'committed' | 'rolled back') => void = () => undefined,
    private readonly limits = usualLimits,
  ) {
    // With a write-ahead log the same as IMMEDIATE; without one, no reader can make the commit fail any more.
    this.begin = db.prepare('BEGIN EXCLUSIVE');
    this.commit = db.prepare('COMMIT');
    this.rollback = () => {
      if (db.inTransaction) db.exec('ROLLBACK');
    };
  }

  /** @param work part of a transaction: it reads and writes, and nothing else, since it may run again. */
  write<Result>(work: () => Result | Refused): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.closed) {
        reject(new Closed());
        return;
      }
      let result: Result | Refused;
      this.queue.push({
        run: () => {
          result = work();
        },
        settle: () => {
          if (result instanceof Refused) reject(result.error);
          else resolve(result);
        },
        fail: reject,
      });
      this.flushing ??= this.flush();
    });
  }

  /** Waits for the writes that are queued; later ones are refused. */
  async close(): Promise<void> {
    this.closed = true;
    await this.flushing;
  }

  private async flush(): Promise<void> {
    while (this.queue.length > 0) {
      await nextTurn();
      try {
        await whenFree(() => this.begin.run());
      } catch (error) {
        for (const write of this.queue.splice(0)) write.fail(error);
        continue;
      }
      this.transact();
    }
    this.flushing = undefined;
  }

  /** The transaction has begun. */
  private transact(): void {
    const deadline = performance.now() + this.limits.ms;
    let count = 0;
    try {
      for (const write of this.queue) {
        if (count === this.limits.writes || (count > 0 && performance.now() > deadline)) break;
        write.run();
        count += 1;
      }
    } catch (error) {
      this.abandon(
        isStorageFault(error) ? this.queue.splice(0, count + 1) : this.queue.splice(count, 1),
        error,
      );
      return;
    }
    try {
      this.commit.run();
    } catch (error) {
      this.abandon(this.queue.splice(0, count), error);
      return;
    }
    this.settled('committed');
    for (const write of this.queue.splice(0, count)) write.settle();
  }

  private abandon(failed: readonly Write[], error: unknown): void {
    this.rollback();
    this.settled('rolled back');
    const fault = isStorageFault(error)
      ? new StorageUnavailable(`The store could not be written: ${String(error)}`, error)
      : error;
    for (const write of failed) write.fail(fault);
  }
}
