import { randomBytes } from 'node:crypto';
import { type Db, type MongoClient } from 'mongodb';
import { connectMongo } from '../client.js';
import { type Databases } from '../databases.js';
import { deadLettersIndexes } from '../dead-letters.documents.js';
import { inboxIndexes } from '../inbox.js';
import { createIndexes } from '../indexes.js';
import { keysIndexes } from '../keys.js';
import { mongoUrl } from './site.js';

const silent = (): void => undefined;

/**
 * Databases of its own on the server at MONGODB_URL: of a group each that is named here, of all others, and of the keys.
 */
export const lettersSite = async () => {
  const url = mongoUrl();
  const prefix = `spec-${randomBytes(6).toString('hex')}`;
  const clients: MongoClient[] = [];
  const connect = (appName = 'letters'): MongoClient => {
    const named = `${url}${url.includes('?') ? '&' : '/?'}appName=${appName}`;
    const client = connectMongo({
      url: named,
      logger: { debug: silent, info: silent, warn: silent, error: silent },
    });
    clients.push(client);
    return client;
  };
  const databaseOf = (client: MongoClient, name: string): Db => client.db(`${prefix}-${name}`);
  const databasesOf = (client: MongoClient): Databases => {
    const [shared, other] = ['shared', 'other'].map((name) => databaseOf(client, name)) as [Db, Db];
    return { of: (name) => (name === 'other' ? other : shared), all: [shared, other] };
  };
  const client = connect();
  const { all } = databasesOf(client);
  const keys = databaseOf(client, 'keys');
  for (const db of all) await createIndexes(db, { ...inboxIndexes, ...deadLettersIndexes });
  await createIndexes(keys, keysIndexes);
  return {
    connect,
    databaseOf,
    databasesOf,
    /** Takes all documents out. */
    empty: async () => {
      for (const db of [...all, keys]) {
        const collections = await db.collections();
        await Promise.all(collections.map((each) => each.deleteMany({})));
      }
    },
    dispose: async () => {
      await Promise.all([...all, keys].map((db) => db.dropDatabase()));
      await Promise.all(clients.map((each) => each.close()));
    },
  };
};

export type LettersSite = Awaited<ReturnType<typeof lettersSite>>;
