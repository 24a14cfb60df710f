import { type Collection } from 'mongodb';
import { type Generations, type GenerationsOf, type Versioned } from '../../ports/generations.js';
import { type Databases } from './databases.js';
import { isTaken, translated } from './faults.js';

interface Row {
  readonly _id: string;
  readonly revision: number;
  /** JSON: an entry is read and written as a whole. */
  readonly entry: string;
}

export class MongoGenerations implements Generations {
  constructor(private readonly databases: Databases) {}

  async load(projection: string): Promise<Versioned | undefined> {
    const row = await translated(() => this.rows(projection).findOne({ _id: projection }));
    if (row === null) return undefined;
    return { generations: JSON.parse(row.entry) as GenerationsOf, revision: row.revision };
  }

  async save(generations: GenerationsOf, since: number | null): Promise<boolean> {
    const { projection: _id } = generations;
    const entry = JSON.stringify(generations);
    return translated(async () => {
      if (since !== null) {
        const next = { $set: { entry, revision: since + 1 } };
        return (await this.rows(_id).updateOne({ _id, revision: since }, next)).matchedCount > 0;
      }
      try {
        await this.rows(_id).insertOne({ _id, revision: 1, entry });
        return true;
      } catch (error) {
        if (isTaken(error)) return false;
        throw error;
      }
    });
  }

  private rows(projection: string): Collection<Row> {
    return this.databases.of(projection).collection<Row>('generations');
  }
}
