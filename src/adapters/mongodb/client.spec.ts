import { describe, expect, it } from '@jest/globals';
import { type Logger } from '../../ports/logger.js';
import { StorageUnavailable } from '../../ports/storage.js';
import { checkMongo, connectMongo } from './client.js';
import { translated } from './faults.js';

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A port that nobody listens on. */
const nowhere = 'mongodb://ann:secret@127.0.0.1:1/?serverSelectionTimeoutMS=1000';

describe('A client of MongoDB', () => {
  it.each([
    ['', ''],
    ['http://host', ''],
    ['mongodb://ann:secret@', ' (Protocol and host list are required in the uri)'],
    ['mongodb://ann:se/cret@host', ' (Password contains unescaped characters)'],
    ['mongodb://host/?nonsense=1', ' (option nonsense is not supported)'],
  ])('refuses the URL %j without showing it', (url, reason) => {
    const like = 'mongodb://user:password@host:27017/?replicaSet=rs0';
    expect(() => connectMongo({ url, logger })).toThrow(
      expect.objectContaining({
        name: 'MongoUnusable',
        message: `MONGODB_URL is not valid${reason}: it must be like ${like}`,
      }),
    );
  });

  it('says where it cannot reach any, and no secret', async () => {
    const client = connectMongo({ url: nowhere, logger });
    const refusal: unknown = await checkMongo(client, []).catch((error: unknown) => error);
    await client.close();
    // It may be there later.
    expect(refusal).toBeInstanceOf(StorageUnavailable);
    expect(String(refusal)).toMatch(
      /MongoDB at 127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1. Start it, or correct MONGODB_URL.$/,
    );
  });

  it('connects again after the first time has failed', async () => {
    const client = connectMongo({ url: nowhere, logger });
    const first = await checkMongo(client, []).catch(String);
    const second = await checkMongo(client, []).catch(String);
    await client.close();
    expect(second).toBe(first);
  });

  it('translates what it cannot do now, closed or out of reach, and nothing else', async () => {
    const client = connectMongo({ url: nowhere, logger });
    const ping = () => translated(() => client.db('any').command({ ping: 1 }));
    await expect(ping()).rejects.toThrow(StorageUnavailable);
    await client.close();
    await expect(ping()).rejects.toThrow(StorageUnavailable);
    const other = new RangeError('no');
    await expect(translated(() => Promise.reject(other))).rejects.toBe(other);
  });
});
