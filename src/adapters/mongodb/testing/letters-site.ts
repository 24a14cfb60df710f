import { randomBytes } from 'node:crypto';
import { type Db, type MongoClient } from 'mongodb';
import { connectMongo } from '../client.js';
import { type Databases } from '../databases.js';
import { deadLettersIndexes } from '../dead-letters.documents.js';
import { inboxIndexes } from '../inbox.js';
import { keysIndexes } from '../keys.js';

const silent = (): void => undefined;

/**
 * Databases of its own on the server at MONGODB_URL: of a group each that is named here, of all others, and of the keys.
 */
export const lettersSite = async () => {
  const { MONGODB_URL: url } = process.env;
  if (url === undefined) throw new Error('MONGODB_URL is not set: run this by make test-stack.');
  const prefix = `spec-${randomBytes(6).toString('hex')}`;
  const clients: MongoClient[] = [];
  const connect = (appName = 'letters'): MongoClient => {
    const named = `${url}${url.includes('?') ? '&' : '/?'}appName=${appName}`;
    const client = connectMongo({ url: named, logger: { info: silent, warn: silent, error: silent } });
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
  await Promise.all(
    [
      ...all.flatMap((db) => [inboxIndexes, deadLettersIndexes].map((indexes) => [db, indexes] as const)),
      [databaseOf(client, 'keys'), keysIndexes] as const,
    ].flatMap(([db, indexes]) =>
      Object.entries(indexes).map(([name, specs]) => db.collection(name).createIndexes([...specs])),
    ),
  );
  return {
    connect,
    databaseOf,
    databasesOf,
    /** Takes all documents out. */
    empty: async () => {
      for (const db of [...all, databaseOf(client, 'keys')]) {
        const collections = await db.collections();
        await Promise.all(collections.map((each) => each.deleteMany({})));
      }
    },
    dispose: async () => {
      await Promise.all([...all, databaseOf(client, 'keys')].map((db) => db.dropDatabase()));
      await Promise.all(clients.map((each) => each.close()));
    },
  };
};

export type LettersSite = Awaited<ReturnType<typeof lettersSite>>;
