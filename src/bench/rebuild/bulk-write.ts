import { type Collection, MongoClient } from 'mongodb';
import { type Config } from '../../app/config.js';
import { ownerOf } from '../../app/engines/ownership.js';
import { elapsedMs } from '../measure.js';

/** As the adapter keeps them. */
interface Row {
  readonly _id: string;
  readonly position: string;
  readonly doc: object;
}

/** What a hand-written copy would write at once: larger batches are no faster. */
const batchSize = 1_000;

/**
 * The documents of a storage in MongoDB, written with nothing in between: by guarded, unordered bulk writes, one after
 * another, in the order in which the documents were finished; then the same indexes are made.
 */
export const bulkWritten = async (
  { MONGODB_URL: url = '', MONGODB_PREFIX: prefix }: Config,
  storage: string,
): Promise<{ readonly seconds: number; readonly count: number }> => {
  const client = new MongoClient(url, {
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
  });
  try {
    const db = client.db(`${prefix}_${ownerOf(storage)}`);
    const found = await db.collection<{ _id: string; collection: string }>('views').findOne({ _id: storage });
    if (found === null) throw new Error(`There is no storage ${storage}.`);
    const source = db.collection<Row>(found.collection);
    const target = db.collection<Row>(`bulk_${storage}`);
    await target.drop();
    let ms = 0;
    let count = 0;
    for await (const rows of batchesOf(source)) {
      ms += await elapsedMs(() => write(target, rows));
      count += rows.length;
    }
    const indexes = (await source.indexes()).filter(({ name }) => name !== '_id_');
    if (indexes.length > 0)
      ms += await elapsedMs(() => target.createIndexes(indexes.map(({ key }) => ({ key }))));
    await target.drop();
    return { seconds: ms / 1_000, count };
  } finally {
    await client.close();
  }
};

const write = (target: Collection<Row>, rows: readonly Row[]): Promise<unknown> =>
  target.bulkWrite(
    rows.map(({ _id, position, doc }) => ({
      replaceOne: {
        filter: { _id, position: { $lt: position } },
        replacement: { position, doc },
        upsert: true,
      },
    })),
    { ordered: false },
  );

async function* batchesOf(source: Collection<Row>): AsyncGenerator<readonly Row[], void, undefined> {
  let rows: Row[] = [];
  for await (const row of source.find(
    { doc: { $exists: true } },
    { sort: { position: 1 }, allowDiskUse: true },
  )) {
    rows.push(row);
    if (rows.length < batchSize) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}
