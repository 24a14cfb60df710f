import { isDeepStrictEqual } from 'node:util';
import { type Db, type IndexDescription } from 'mongodb';
import { translated } from './faults.js';

/** The indexes of collections that are always there, by the name of the collection. */
export type FixedIndexes = Readonly<Record<string, readonly IndexDescription[]>>;

/** Those of checkpoints, generations, leases and the list of views. */
export const projectionIndexes: FixedIndexes = {
  // Tokens grow with time, so a lease that nobody has held for a day may be forgotten.
  leases: [{ key: { expiresAt: 1 }, expireAfterSeconds: 86_400 }],
};

/** The deploy step: makes those that are missing, and anew those that have other options. */
export const createIndexes = async (db: Db, wanted: FixedIndexes): Promise<void> => {
  await translated(async () => {
    for (const [name, indexes] of Object.entries(wanted)) {
      const present = await indexesOf(db, name);
      for (const index of indexes) {
        const same = present.find(({ key }) => isDeepStrictEqual(entriesOf(key), entriesOf(index.key)));
        if (same?.name !== undefined && !isLike(same, index)) await db.collection(name).dropIndex(same.name);
      }
      if (indexes.length > 0) await db.collection(name).createIndexes([...indexes]);
    }
  });
};

/** A sentence for each index that is not there as it should be. */
export const missingIndexes = (db: Db, wanted: FixedIndexes): Promise<readonly string[]> =>
  translated(async () => {
    const sentences: string[] = [];
    for (const [name, indexes] of Object.entries(wanted)) {
      const present = await indexesOf(db, name);
      for (const index of indexes) {
        if (present.some((each) => isLike(each, index))) continue;
        sentences.push(
          `Collection ${name} of the MongoDB database ${db.databaseName} lacks the index ${JSON.stringify(index)}.`,
        );
      }
    }
    return sentences;
  });

const indexesOf = async (db: Db, collection: string): Promise<readonly IndexDescription[]> => {
  const exists = await db.listCollections({ name: collection }, { nameOnly: true }).hasNext();
  return exists ? db.collection(collection).indexes() : [];
};

const options = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression'] as const;

const isLike = (one: IndexDescription, other: IndexDescription): boolean =>
  isDeepStrictEqual(entriesOf(one.key), entriesOf(other.key)) &&
  options.every((option) => isDeepStrictEqual(one[option] ?? false, other[option] ?? false));

/** Their order matters. */
const entriesOf = (key: IndexDescription['key']): readonly unknown[] =>
  key instanceof Map ? [...key] : Object.entries(key);
