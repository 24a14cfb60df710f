import { basename } from 'node:path';
import { openEmbedded as openStores } from '../../embedded/index.js';
import { connectMongo } from '../client.js';
import { MongoDeadLetters } from '../dead-letters.js';
import { MongoInbox } from '../inbox.js';
import { mongoUrl } from './site.js';

const silent = (): void => undefined;

/** Events and messages in the folder; inbox and dead letters at MONGODB_URL, in a database of the folder's name. */
export const openEmbedded = ({ dataDir }: { readonly dataDir: string }) => {
  const stores = openStores({ dataDir });
  const client = connectMongo({
    url: mongoUrl(),
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const db = client.db(basename(dataDir));
  const databases = { of: () => db, all: [db] };
  return {
    ...stores,
    inbox: new MongoInbox(databases),
    deadLetters: new MongoDeadLetters(databases),
    /** Drops the database, too. */
    close: async (): Promise<void> => {
      await db.dropDatabase();
      await client.close();
      await stores.close();
    },
  };
};
