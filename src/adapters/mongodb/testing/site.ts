import { randomBytes } from 'node:crypto';
import { type Logger } from '../../../ports/logger.js';
import { connectMongo } from '../client.js';
import { type Databases } from '../databases.js';

const nothing = (): void => undefined;
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** @throws when MONGODB_URL is not set: whoever asks for the real engine must not be given none. */
export const mongoUrl = (): string => {
  const url = process.env['MONGODB_URL'];
  if (url === undefined) throw new Error('Set MONGODB_URL to a MongoDB replica set for tests.');
  return url;
};

/** Two databases of its own, on the engine for tests. */
export const mongoSite = () => {
  const prefix = `test_${randomBytes(6).toString('hex')}`;
  const clients: ReturnType<typeof connectMongo>[] = [];
  /** By a client of its own. */
  const connect = (url = mongoUrl(), logger = silent): Databases => {
    const client = connectMongo({ url, logger });
    clients.push(client);
    const first = client.db(`${prefix}_a`);
    const second = client.db(`${prefix}_b`);
    return { of: (name) => (name < 'n' ? first : second), all: [first, second] };
  };
  const databases = connect();
  return {
    databases,
    another: connect,
    dispose: async (): Promise<void> => {
      for (const db of databases.all) await db.dropDatabase();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
};
