import { type Generations, type GenerationsOf, type Versioned } from '../../ports/generations.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { type GroupCommit } from './group-commit.js';

interface Row {
  readonly revision: number;
  readonly entry: string;
}

export class EmbeddedGenerations implements Generations {
  private readonly select;
  private readonly insert;
  private readonly update;

  constructor(
    db: Database,
    private readonly commits: GroupCommit,
  ) {
    this.select = db.prepare<[string], Row>('SELECT revision, entry FROM generations WHERE projection = ?');
    this.insert = db.prepare<[string, string]>(
      'INSERT INTO generations (projection, revision, entry) VALUES (?, 1, ?) ON CONFLICT DO NOTHING',
    );
    this.update = db.prepare<[string, string, number]>(
      'UPDATE generations SET revision = revision + 1, entry = ? WHERE projection = ? AND revision = ?',
    );
  }

  load(projection: string): Promise<Versioned | undefined> {
    return whenFree(() => {
      const row = this.select.get(projection);
      return row && { generations: JSON.parse(row.entry) as GenerationsOf, revision: row.revision };
    });
  }

  save(generations: GenerationsOf, since: number | null): Promise<boolean> {
    const entry = JSON.stringify(generations);
    const { projection } = generations;
    return this.commits.write(() => {
      const { changes } =
        since === null ? this.insert.run(projection, entry) : this.update.run(entry, projection, since);
      return changes === 1;
    });
  }
}
