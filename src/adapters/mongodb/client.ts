import { type Db, MongoClient, MongoServerError, type MongoClientOptions } from 'mongodb';
import { type Logger } from '../../ports/logger.js';
import { translated } from './faults.js';

export interface MongoOptions {
  /** `mongodb://host,host,host/?replicaSet=rs0`, or `mongodb+srv:`; may hold the credentials. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly logger: Logger;
}

/** MongoDB is not what this program can use; the message says what to change, and holds no secret. */
export class MongoUnusable extends Error {
  constructor(
    readonly code: 'MONGODB_URL' | 'MONGODB_UNREACHABLE' | 'MONGODB_CREDENTIALS' | 'MONGODB_NO_REPLICA_SET',
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
    this.name = 'MongoUnusable';
  }
}

/**
 * What is acknowledged survives the loss of a minority of the replica set, and what is read does: a checkpoint that
 * could be rolled back would be taken for written (https://www.mongodb.com/docs/manual/reference/read-concern-majority/).
 */
const guarantees: MongoClientOptions = {
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: 10_000 },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  retryWrites: true,
  retryReads: true,
  // As JSON has it: a property that is undefined is none.
  ignoreUndefined: true,
};

/** The URL may say otherwise. */
const defaults: MongoClientOptions = {
  appName: 'order-processing',
  serverSelectionTimeoutMS: 5_000,
  connectTimeoutMS: 5_000,
  // A server that has stopped answering is noticed by its monitor, which ends what waits for it.
  heartbeatFrequencyMS: 2_000,
  waitQueueTimeoutMS: 10_000,
  maxPoolSize: 32,
};

/**
 * A client that connects when it is first used, and again after every cut; it logs both.
 * @throws MongoUnusable when the URL is not one
 */
export const connectMongo = ({ url, username, password, logger }: MongoOptions): MongoClient => {
  const auth = username === undefined ? {} : { auth: { username, password: password ?? '' } };
  const client = newClient(url, { ...unstated(url), ...guarantees, ...auth });
  let hadPrimary: boolean | undefined;
  client.on('topologyDescriptionChanged', ({ newDescription: { servers, error } }) => {
    const primary = [...servers.values()].find((server) => server.isWritable);
    const hasPrimary = primary !== undefined;
    if (hasPrimary && hadPrimary !== true) logger.info({ primary: primary.address }, 'MongoDB is connected');
    if (!hasPrimary && hadPrimary === true)
      logger.warn({ err: error }, 'MongoDB has no primary; tried again');
    if (hasPrimary || hadPrimary === true) hadPrimary = hasPrimary;
  });
  client.on('connectionPoolCleared', ({ address }) => {
    logger.warn({ address }, 'the connections to a MongoDB server were given up; made anew');
  });
  return client;
};

/** The driver prefers what it is given to what the URL says. */
const unstated = (url: string): MongoClientOptions => {
  const stated = [...new URLSearchParams(url.split('?')[1]).keys()].map((key) => key.toLowerCase());
  return Object.fromEntries(Object.entries(defaults).filter(([key]) => !stated.includes(key.toLowerCase())));
};

const newClient = (url: string, all: MongoClientOptions): MongoClient => {
  try {
    return new MongoClient(url, all);
  } catch (error) {
    // Not shown: it may hold a password.
    const like = 'mongodb://user:password@host:27017/?replicaSet=rs0';
    throw new MongoUnusable('MONGODB_URL', `MONGODB_URL is not valid: it must be like ${like}`, error);
  }
};

/**
 * Whether MongoDB can be used now.
 * @param databases that have to be accessible
 * @throws MongoUnusable
 */
export const checkMongo = async (client: MongoClient, databases: readonly Db[]): Promise<void> => {
  const where = client.options.hosts.map(String).join(',') || client.options.srvHost;
  try {
    const hello = await translated(() => client.db('admin').command({ hello: 1 }));
    if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid') {
      throw new MongoUnusable(
        'MONGODB_NO_REPLICA_SET',
        `MongoDB at ${where} is no replica set: start mongod with --replSet and initiate it; one member is enough.`,
        undefined,
      );
    }
    // Only a request that needs rights shows that there are any.
    for (const db of databases) {
      await translated(() => db.listCollections({}, { nameOnly: true }).toArray());
    }
  } catch (error) {
    throw error instanceof MongoUnusable ? error : unusable(where, error);
  }
};

const unusable = (where: string | undefined, error: unknown): MongoUnusable => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return cause instanceof MongoServerError && (cause.code === 18 || cause.code === 13)
    ? new MongoUnusable(
        'MONGODB_CREDENTIALS',
        `MongoDB at ${where} refuses the user or its password, or gives it no rights: ${why}`,
        cause,
      )
    : new MongoUnusable('MONGODB_UNREACHABLE', `MongoDB at ${where} cannot be used: ${why}`, cause);
};
