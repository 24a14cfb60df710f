import { type Position } from '../../kernel/envelope.js';
import { type Checkpoints } from '../../ports/checkpoints.js';
import { type Lease } from '../../ports/leases.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit } from './group-commit.js';
import { fence } from './leases.js';

/** The rows that say how far each subscriber has got; they never go backwards. */
export const checkpointRows = (db: Database) => {
  const select = db
    .prepare<[string], Position>('SELECT position FROM checkpoints WHERE subscriber = ?')
    .pluck();
  const upsert = db.prepare<[string, Position]>(
    `INSERT INTO checkpoints (subscriber, position) VALUES (?, ?)
     ON CONFLICT (subscriber) DO UPDATE SET position = excluded.position WHERE excluded.position > position`,
  );
  return {
    load: (subscriber: string): Position | undefined => select.get(subscriber),
    save: (subscriber: string, position: Position): void => {
      upsert.run(subscriber, position);
    },
  };
};

export class EmbeddedCheckpoints implements Checkpoints {
  private readonly rows;
  private readonly lost;

  constructor(
    db: Database,
    private readonly commits: GroupCommit,
  ) {
    this.rows = checkpointRows(db);
    this.lost = fence(db);
  }

  load(subscriber: string): Promise<Position | undefined> {
    return whenFree(() => this.rows.load(subscriber));
  }

  async save(subscriber: string, position: Position, lease?: Lease): Promise<void> {
    await this.commits.write(() => {
      const lost = this.lost(lease);
      if (lost === undefined) this.rows.save(subscriber, position);
      return lost;
    });
  }
}
