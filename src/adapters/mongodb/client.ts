import {
  type Db,
  MongoClient,
  type MongoClientOptions,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { type Logger } from '../../ports/logger.js';
import { StorageUnavailable } from '../../ports/storage.js';

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
    readonly code: 'MONGODB_URL' | 'MONGODB_CREDENTIALS' | 'MONGODB_NO_REPLICA_SET',
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
      logger.warn({ error: String(error ?? '') }, 'MongoDB has no primary; tried again');
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
    const like = 'mongodb://user:password@host:27017/?replicaSet=rs0';
    const why = error instanceof Error ? error.message : '';
    // One that quotes the URL may hold its password.
    const reason = why === '' || /[:@]/.test(why) ? '' : ` (${why})`;
    throw new MongoUnusable(
      'MONGODB_URL',
      `MONGODB_URL is not valid${reason}: it must be like ${like}`,
      error,
    );
  }
};

/**
 * Whether MongoDB can be used now.
 * @param databases that have to be accessible
 * @throws StorageUnavailable while it does not answer
 * @throws MongoUnusable when it never will as it is set up
 */
export const checkMongo = async (client: MongoClient, databases: readonly Db[]): Promise<void> => {
  try {
    // After a first connection that failed, the driver makes another only when it is told to.
    await client.connect();
    const hello = await client.db('admin').command({ hello: 1 });
    if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid')
      throw noReplicaSet(client, 'no replica set');
    // Only a request that needs rights shows that there are any.
    for (const db of databases) await db.listCollections({}, { nameOnly: true }).toArray();
  } catch (error) {
    throw error instanceof MongoUnusable ? error : unusable(client, error);
  }
};

const hostsOf = ({ options: { hosts, srvHost } }: MongoClient): string =>
  srvHost ?? hosts.map(String).join(',');

const noReplicaSet = (client: MongoClient, which: string, cause?: unknown): MongoUnusable =>
  new MongoUnusable(
    'MONGODB_NO_REPLICA_SET',
    `MongoDB at ${hostsOf(client)} is ${which}: start mongod with --replSet and initiate it (one member is ` +
      'enough), or name its set in MONGODB_URL.',
    cause,
  );

const unusable = (client: MongoClient, error: unknown): MongoUnusable | StorageUnavailable => {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof MongoServerError && credentialsFaults.includes(Number(error.code))) {
    return new MongoUnusable(
      'MONGODB_CREDENTIALS',
      `MongoDB at ${hostsOf(client)} refuses the user or its password, or gives it no rights: ${why}`,
      error,
    );
  }
  // The driver forgets the servers that turn out to be of another set, or of none.
  const others = error instanceof MongoServerSelectionError && error.reason?.servers.size === 0;
  if (others) return noReplicaSet(client, `no member of the replica set ${client.options.replicaSet}`, error);
  return new StorageUnavailable(
    `MongoDB at ${hostsOf(client)} cannot be used: ${why}. Start it, or correct MONGODB_URL.`,
    error,
  );
};

/** UserNotFound, Unauthorized, AuthenticationFailed. */
const credentialsFaults: readonly number[] = [11, 13, 18];
