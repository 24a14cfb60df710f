import { type ClientSession, type Collection, type Db, type Document } from 'mongodb';
import { Slots } from '../../execution/slots.js';
import {
  type DeadLetter,
  type DeadLetterCounts,
  type DeadLetterFilter,
  type DeadLetterPage,
  type DeadLetters,
  type DeadLetterState,
  type DueLetter,
  type Failure,
  type FailureGroup,
  type Parking,
  queueName,
} from '../../ports/dead-letters.js';
import { type TopicPartition } from '../../ports/message-log.js';
import { translated } from './faults.js';
import { type Databases } from './databases.js';
import {
  type DueDocument,
  fromCursor,
  type LetterDocument,
  lettersName,
  type QueueDocument,
  queueId,
  queuesName,
  type RateDocument,
  ratesName,
  toCursor,
  toDocument,
  toDue,
  toLetter,
  toQuery,
} from './dead-letters.documents.js';

/** Transactions under way: fewer than the client has connections, so that each gets one whenever it needs it. */
const mostAtOnce = 16;

/**
 * The letters of a group in the database of its service. Whether a queue has an earlier letter is decided, and
 * the letters changed by it, in a transaction that also changes the queue's own document: of two at once about the same
 * queue, one starts over.
 */
export class MongoDeadLetters implements DeadLetters {
  private readonly transactions = new Slots(mostAtOnce);

  constructor(private readonly databases: Databases) {}

  async park(parking: Parking, failure: Failure, at: number): Promise<void> {
    const waiting = toDocument(parking, at);
    const failed: LetterDocument = {
      ...waiting,
      state: 'failed',
      failure,
      attempts: failure.attempts,
      firstFailedAt: at,
      lastFailedAt: at,
    };
    await this.inTransaction(this.databases.of(parking.group), async (db, session) => {
      const before = await queuesOf(db).findOneAndUpdate(
        { _id: waiting.queue },
        { $min: { first: waiting.offset }, $inc: { changes: 1 } },
        { session, upsert: true, returnDocument: 'before' },
      );
      // Only the first of a queue may be tried, so only that one can have failed.
      const isBehind = before !== null && before.first < waiting.offset;
      await insertOnce(db, isBehind ? waiting : failed, session);
    });
  }

  parkBehind(parking: Parking, at: number): Promise<boolean> {
    const letter = toDocument(parking, at);
    return this.inTransaction(this.databases.of(parking.group), async (db, session) => {
      const queue = await queuesOf(db).findOneAndUpdate(
        { _id: letter.queue, first: { $lte: letter.offset } },
        { $inc: { changes: 1 } },
        { session },
      );
      if (queue !== null) await insertOnce(db, letter, session);
      return queue !== null;
    });
  }

  blocked(
    group: string,
    partition: TopicPartition,
    keys: readonly Buffer[],
  ): Promise<ReadonlyMap<string, number>> {
    const names = new Map(keys.map((key) => [queueId(group, partition, key), queueName(key)]));
    return translated(async () => {
      const found = await queuesOf(this.databases.of(group))
        .find({ _id: { $in: [...names.keys()] } })
        .toArray();
      return new Map(found.map(({ _id, first }) => [names.get(_id) ?? '', first]));
    });
  }

  async due(
    group: string,
    partitions: readonly TopicPartition[],
    limit: number,
  ): Promise<readonly DueLetter[]> {
    if (partitions.length === 0) return [];
    const owned = partitions.map(({ topic, partition }) => ({ topic, partition }));
    const found = await translated(() =>
      lettersOf(this.databases.of(group))
        .aggregate<DueDocument>([
          { $match: { group, state: 'due', $or: owned } },
          { $sort: { seq: 1 } },
          { $project: { topic: 1, partition: 1, key: 1, eventId: 1, queue: 1, offset: 1 } },
          { $lookup: { from: queuesName, localField: 'queue', foreignField: '_id', as: 'queues' } },
          { $match: { $expr: { $in: ['$offset', '$queues.first'] } } },
          { $limit: limit },
        ])
        .toArray(),
    );
    return found.map(toDue);
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const found = await this.everywhere((db) => lettersOf(db).findOne({ _id: id }));
    const document = found.find((each) => each !== null);
    return document && toLetter(document);
  }

  async failedAgain(id: string, failure: Failure, at: number): Promise<void> {
    await this.everywhere((db) =>
      lettersOf(db).updateOne({ _id: id }, [
        {
          $set: {
            state: 'failed',
            // A text may begin with $.
            failure: { $literal: failure },
            attempts: { $add: ['$attempts', failure.attempts] },
            firstFailedAt: { $ifNull: ['$firstFailedAt', at] },
            lastFailedAt: at,
            lastAt: at,
          },
        },
      ]),
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.everywhere(async (db) => {
      const queues = await lettersOf(db).distinct('queue', { _id: { $in: ids } });
      await Promise.all(queues.map((queue) => this.removeFrom(db, queue, ids)));
    });
  }

  async find(
    filter: DeadLetterFilter,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<DeadLetterPage> {
    const query = toQuery(filter);
    const after = cursor === undefined ? [] : [{ seq: { $gt: fromCursor(cursor) } }];
    const found = await this.everywhere((db) =>
      lettersOf(db)
        .find({ $and: [query, ...after] })
        .sort({ seq: 1 })
        // One more than wanted tells whether there is another page.
        .limit(limit + 1)
        .toArray(),
    );
    const rows = found.flat().sort((one, other) => one.seq.compare(other.seq));
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map(toLetter),
      nextCursor: last !== undefined && rows.length > page.length ? toCursor(last) : null,
    };
  }

  async count(filter: DeadLetterFilter): Promise<DeadLetterCounts> {
    const found = await this.everywhere((db) =>
      lettersOf(db)
        .aggregate<{ readonly _id: DeadLetterState; readonly count: number }>([
          { $match: toQuery(filter) },
          { $group: { _id: '$state', count: { $sum: 1 } } },
        ])
        .toArray(),
    );
    const counts = { failed: 0, due: 0, waiting: 0 };
    for (const { _id, count } of found.flat()) counts[_id] += count;
    return counts;
  }

  async failures(filter: DeadLetterFilter, limit: number): Promise<readonly FailureGroup[]> {
    const pipeline = failuresPipeline(filter, limit);
    const found = await this.everywhere((db) => lettersOf(db).aggregate<FailureGroup>(pipeline).toArray());
    return found
      .flat()
      .sort((one, other) => other.lastFailedAt - one.lastFailedAt || (one.example < other.example ? -1 : 1))
      .slice(0, limit);
  }

  async redrive(filter: DeadLetterFilter, perSecond: number | null): Promise<number> {
    if (filter.state !== undefined && filter.state !== 'failed') return 0;
    const query = toQuery({ ...filter, state: 'failed' });
    const changed = await this.everywhere(async (db) => {
      const groups = await lettersOf(db).distinct('group', query);
      // First, so that none is tried faster.
      await Promise.all(groups.map((group) => setRate(db, group, perSecond)));
      const { modifiedCount } = await lettersOf(db).updateMany(
        { $and: [query, { group: { $in: groups } }] },
        { $set: { state: 'due' } },
      );
      return modifiedCount;
    });
    return changed.reduce((sum, each) => sum + each, 0);
  }

  async permit(group: string, at: number): Promise<number> {
    const nextAt = {
      $cond: [{ $gt: ['$nextAt', at] }, '$nextAt', { $add: [at, { $divide: [1_000, '$perSecond'] }] }],
    };
    const before = await translated(() =>
      ratesOf(this.databases.of(group)).findOneAndUpdate({ _id: group }, [{ $set: { nextAt } }], {
        returnDocument: 'before',
      }),
    );
    return before === null || before.nextAt <= at ? 0 : Math.ceil(before.nextAt - at);
  }

  private async removeFrom(db: Db, queue: string, ids: readonly string[]): Promise<void> {
    await this.inTransaction(db, async (_, session) => {
      const letters = lettersOf(db);
      await letters.deleteMany({ _id: { $in: ids }, queue }, { session });
      const next = await letters.findOne({ queue }, { session, sort: { offset: 1 } });
      if (next === null) {
        await queuesOf(db).deleteOne({ _id: queue }, { session });
        return;
      }
      await queuesOf(db).updateOne(
        { _id: queue },
        { $set: { first: next.offset }, $inc: { changes: 1 } },
        { session },
      );
      if (next.state === 'waiting')
        await letters.updateOne({ _id: next._id }, { $set: { state: 'due' } }, { session });
    });
  }

  private inTransaction<T>(db: Db, work: (db: Db, session: ClientSession) => Promise<T>): Promise<T> {
    const attempt = () =>
      db.client.withSession((session) =>
        session.withTransaction(() => work(db, session), {
          readConcern: 'snapshot',
          writeConcern: { w: 'majority' },
          readPreference: 'primary',
        }),
      );
    return translated(() => this.transactions.hold(attempt));
  }

  /** In each database that there is: ids and filters do not tell which group's they mean. */
  private everywhere<T>(work: (db: Db) => Promise<T>): Promise<readonly T[]> {
    return translated(() => Promise.all(this.databases.all.map(work)));
  }
}

const lettersOf = (db: Db): Collection<LetterDocument> => db.collection<LetterDocument>(lettersName);
const queuesOf = (db: Db): Collection<QueueDocument> => db.collection<QueueDocument>(queuesName);
const ratesOf = (db: Db): Collection<RateDocument> => db.collection<RateDocument>(ratesName);

/** One that is parked already stays as it is; an insert that fails would end the transaction. */
const insertOnce = async (db: Db, letter: LetterDocument, session: ClientSession): Promise<void> => {
  const letters = lettersOf(db);
  const parked = await letters.findOne({ _id: letter._id }, { session, projection: { _id: 1 } });
  if (parked === null) await letters.insertOne(letter, { session });
};

const setRate = async (db: Db, group: string, perSecond: number | null): Promise<void> => {
  if (perSecond === null) await ratesOf(db).deleteOne({ _id: group });
  else await ratesOf(db).replaceOne({ _id: group }, { perSecond, nextAt: 0 }, { upsert: true });
};

const failuresPipeline = (filter: DeadLetterFilter, limit: number): Document[] => [
  { $match: { $and: [toQuery(filter), { failure: { $ne: null } }] } },
  { $project: { value: 0, headers: 0, 'failure.stack': 0 } },
  {
    $lookup: {
      from: lettersName,
      localField: 'queue',
      foreignField: 'queue',
      let: { offset: '$offset' },
      pipeline: [{ $match: { $expr: { $gt: ['$offset', '$$offset'] } } }, { $count: 'count' }],
      as: 'behind',
    },
  },
  {
    $group: {
      _id: { group: '$group', topic: '$topic', fingerprint: '$failure.fingerprint' },
      last: { $top: { sortBy: { lastFailedAt: -1, _id: 1 }, output: '$$ROOT' } },
      failed: { $sum: 1 },
      waiting: { $sum: { $sum: '$behind.count' } },
      firstFailedAt: { $min: '$firstFailedAt' },
      lastFailedAt: { $max: '$lastFailedAt' },
    },
  },
  { $sort: { lastFailedAt: -1, 'last._id': 1 } },
  { $limit: limit },
  {
    $project: {
      _id: 0,
      group: '$_id.group',
      topic: '$_id.topic',
      eventType: '$last.eventType',
      fingerprint: '$_id.fingerprint',
      errorClass: '$last.failure.errorClass',
      message: '$last.failure.message',
      ...{ failed: 1, waiting: 1, firstFailedAt: 1, lastFailedAt: 1 },
      example: '$last._id',
    },
  },
];
