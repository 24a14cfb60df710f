import { type Db } from 'mongodb';
import { type Keys } from '../../ports/keys.js';
import { type Secrets } from '../sealing/sealing.js';
import { MongoCheckpoints } from './checkpoints.js';
import { checkMongo, connectMongo, type MongoOptions } from './client.js';
import { deadLettersIndexes } from './dead-letters.documents.js';
import { MongoDeadLetters } from './dead-letters.js';
import { MongoGenerations } from './generations.js';
import { inboxIndexes, MongoInbox } from './inbox.js';
import { createIndexes, type FixedIndexes, missingIndexes, projectionIndexes } from './indexes.js';
import { keysIndexes, MongoKeys } from './keys.js';
import { MongoLeases } from './leases.js';
import { MongoOutbox } from './outbox.js';
import { MongoViews } from './views.js';

export interface MongoEngineOptions extends MongoOptions {
  /** Begins the name of each database. */
  readonly prefix: string;
  /** The parts whose databases this process may use. */
  readonly owners: readonly string[];
  /** The part that what goes by a name belongs to. */
  readonly ownerOf: (name: string) => string;
  /** Makes the keys of what the database of keys holds. Default: it holds them as they are. */
  readonly keysWith?: ((secrets: Secrets) => Keys) | undefined;
}

const ownedIndexes: FixedIndexes = { ...projectionIndexes, ...inboxIndexes, ...deadLettersIndexes };

/** All ports that MongoDB stands behind: a database for each part of the system, and one for the keys of customers. */
export const openMongo = ({ prefix, owners, ownerOf, keysWith, ...options }: MongoEngineOptions) => {
  const client = connectMongo(options);
  const databaseOf = (owner: string): Db => client.db(`${prefix}_${owner}`);
  const databases = {
    all: owners.map(databaseOf),
    of: (name: string): Db => {
      const owner = ownerOf(name);
      if (owners.includes(owner)) return databaseOf(owner);
      throw new RangeError(
        `${name} is kept in the database of ${owner}, which is no business of this process.`,
      );
    },
  };
  const keysDatabase = databaseOf('keys');
  const collection = new MongoKeys(keysDatabase);
  const keys: Keys = keysWith?.(collection.secrets) ?? collection;
  const fixed: readonly (readonly [Db, FixedIndexes])[] = [
    ...databases.all.map((db) => [db, ownedIndexes] as const),
    [keysDatabase, keysIndexes],
  ];
  return {
    views: new MongoViews(databases),
    generations: new MongoGenerations(databases),
    leases: new MongoLeases(databases),
    checkpoints: new MongoCheckpoints(databases),
    inbox: new MongoInbox(databases),
    deadLetters: new MongoDeadLetters(databases),
    keys,
    outbox: new MongoOutbox(databaseOf('outbox'), keys),
    /** @throws StorageUnavailable, MongoUnusable */
    check: () => checkMongo(client, [...databases.all, keysDatabase]),
    createIndexes: async (): Promise<void> => {
      for (const [db, indexes] of fixed) await createIndexes(db, indexes);
    },
    /** A sentence for each. */
    missingIndexes: async (): Promise<readonly string[]> =>
      (await Promise.all(fixed.map(([db, indexes]) => missingIndexes(db, indexes)))).flat(),
    close: () => client.close(),
  };
};
