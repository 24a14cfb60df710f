import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createIndexes, missingIndexes, projectionIndexes } from './indexes.js';
import { MongoLeases } from './leases.js';
import { mongoSite } from './testing/site.js';

describe('Leases in MongoDB', () => {
  let site: ReturnType<typeof mongoSite>;
  let leases: MongoLeases;

  beforeEach(() => {
    site = mongoSite();
    leases = new MongoLeases(site.databases);
  });
  afterEach(() => site.dispose());

  it('have a greater token also when the former one has been forgotten', async () => {
    const old = await leases.acquire('job', 'ann', 60_000);
    await site.databases.of('job').dropDatabase();
    const lease = await leases.acquire('job', 'bob', 60_000);
    expect(lease?.token).toBeGreaterThan(old?.token ?? Infinity);
  });

  it('are held by owners of any name, and listed by any prefix', async () => {
    const lease = await leases.acquire('$job.*', '$owner', 60_000);
    expect(lease).toStrictEqual({ name: '$job.*', owner: '$owner', token: expect.any(Number) });
    expect(await leases.acquire('$job.*', '$token', 60_000)).toBeUndefined();
    expect(await leases.held('$job.')).toStrictEqual([lease]);
    expect(await leases.held('.*')).toStrictEqual([]);
  });
});

describe('The indexes of a MongoDB database', () => {
  let site: ReturnType<typeof mongoSite>;

  beforeEach(() => {
    site = mongoSite();
  });
  afterEach(() => site.dispose());

  const wanted = {
    ...projectionIndexes,
    letters: [
      { key: { topic: 1, offset: -1 }, unique: true },
      { key: { parkedAt: 1 }, sparse: true },
    ],
  } as const;

  it('are told when they are missing or otherwise, and made so', async () => {
    const db = site.databases.of('letters');
    expect(await missingIndexes(db, wanted)).toStrictEqual([
      `Collection leases of the MongoDB database ${db.databaseName} lacks the index {"key":{"expiresAt":1},"expireAfterSeconds":86400}.`,
      `Collection letters of the MongoDB database ${db.databaseName} lacks the index {"key":{"topic":1,"offset":-1},"unique":true}.`,
      `Collection letters of the MongoDB database ${db.databaseName} lacks the index {"key":{"parkedAt":1},"sparse":true}.`,
    ]);
    expect(await db.listCollections().toArray()).toStrictEqual([]);
    await db
      .collection('letters')
      .createIndexes([{ key: { offset: -1, topic: 1 } }, { key: { parkedAt: 1 } }]);
    expect(await missingIndexes(db, wanted)).toHaveLength(3);
    await createIndexes(db, wanted);
    expect(await missingIndexes(db, wanted)).toStrictEqual([]);
    await createIndexes(db, wanted);
    expect(await missingIndexes(db, wanted)).toStrictEqual([]);
  });
});
