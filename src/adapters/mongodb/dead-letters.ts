import { type Collection, type Db, type Document } from 'mongodb';
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
import { isTaken, translated } from './faults.js';
import { type Databases } from './databases.js';
import { type Change, DeadLetterQueues, newChange } from './dead-letter-queues.js';
import {
  type DueDocument,
  fromCursor,
  type LetterDocument,
  lettersName,
  queueId,
  type RateDocument,
  ratesName,
  toCursor,
  toDocument,
  toDue,
  toLetter,
  toQuery,
} from './dead-letters.documents.js';

/** Changes of queues under way, so that other work finds a connection of the client free. */
const mostAtOnce = 16;

/** The letters of a group are in the database of its service. */
export class MongoDeadLetters implements DeadLetters {
  private readonly changes = new Slots(mostAtOnce);

  constructor(private readonly databases: Databases) {}

  async park(parking: Parking, failure: Failure, at: number): Promise<void> {
    const db = this.databases.of(parking.group);
    const waiting = toDocument(parking, at);
    const failed: LetterDocument = {
      ...waiting,
      state: 'failed',
      failure,
      attempts: failure.attempts,
      firstFailedAt: at,
      lastFailedAt: at,
    };
    if (waiting.key === null) {
      await translated(() => insertOnce(db, failed));
      return;
    }
    await this.changing(db, waiting.queue, async (queues, change) => {
      // Only the first of a queue may be tried, so only that one can have failed.
      await insertOnce(db, (await queues.enter(waiting, change)) ? waiting : failed);
      return true;
    });
  }

  parkBehind(parking: Parking, at: number): Promise<boolean> {
    const db = this.databases.of(parking.group);
    const letter = toDocument(parking, at);
    return this.changing(db, letter.queue, async (queues, change) => {
      const isBehind = await queues.enterBehind(letter, change);
      if (isBehind) await insertOnce(db, letter);
      return isBehind;
    });
  }

  blocked(
    group: string,
    partition: TopicPartition,
    keys: readonly Buffer[],
  ): Promise<ReadonlyMap<string, number>> {
    const names = new Map(keys.map((key) => [queueId(group, partition, key), queueName(key)]));
    return translated(async () => {
      const firsts = await new DeadLetterQueues(this.databases.of(group)).firsts([...names.keys()]);
      return new Map([...firsts].map(([queue, first]) => [names.get(queue) ?? queue, first]));
    });
  }

  async due(
    group: string,
    partitions: readonly TopicPartition[],
    limit: number,
  ): Promise<readonly DueLetter[]> {
    if (partitions.length === 0) return [];
    const db = this.databases.of(group);
    const owned = partitions.map(({ topic, partition }) => ({ topic, partition }));
    const found = await translated(async () => {
      await new DeadLetterQueues(db).settleUnfinished(group);
      return lettersOf(db)
        .aggregate<DueDocument>(duePipeline(group, owned, limit))
        .toArray();
    });
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
      const letters = lettersOf(db);
      const found = await letters.find({ _id: { $in: ids } }, { projection: { queue: 1, key: 1 } }).toArray();
      const { ungated = [], gated = [] } = Object.groupBy(found, ({ key }) =>
        key === null ? 'ungated' : 'gated',
      );
      if (ungated.length > 0) await letters.deleteMany({ _id: { $in: ids }, key: null });
      const queues = new Set(gated.map(({ queue }) => queue));
      await Promise.all([...queues].map((queue) => this.removeFrom(db, queue, ids)));
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
    await this.changing(db, queue, async (queues, change) => {
      await queues.enterToRemove(queue, change);
      await lettersOf(db).deleteMany({ _id: { $in: ids }, queue });
      return true;
    });
  }

  /** @param work returns false when it has not entered the queue. */
  private changing(
    db: Db,
    queue: string,
    work: (queues: DeadLetterQueues, change: Change) => Promise<boolean>,
  ): Promise<boolean> {
    const queues = new DeadLetterQueues(db);
    return translated(() =>
      this.changes.hold(async () => {
        const change = newChange();
        const hasEntered = await work(queues, change);
        if (hasEntered) await queues.settle(queue, change);
        return hasEntered;
      }),
    );
  }

  /** In each database that there is: ids and filters do not tell which group's they mean. */
  private everywhere<T>(work: (db: Db) => Promise<T>): Promise<readonly T[]> {
    return translated(() => Promise.all(this.databases.all.map(work)));
  }
}

const lettersOf = (db: Db): Collection<LetterDocument> => db.collection<LetterDocument>(lettersName);
const ratesOf = (db: Db): Collection<RateDocument> => db.collection<RateDocument>(ratesName);

/** One that is parked already stays as it is. */
const insertOnce = async (db: Db, letter: LetterDocument): Promise<void> => {
  try {
    await lettersOf(db).insertOne(letter);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
};

const setRate = async (db: Db, group: string, perSecond: number | null): Promise<void> => {
  if (perSecond === null) await ratesOf(db).deleteOne({ _id: group });
  else await ratesOf(db).replaceOne({ _id: group }, { perSecond, nextAt: 0 }, { upsert: true });
};

const duePipeline = (group: string, partitions: readonly TopicPartition[], limit: number): Document[] => [
  { $match: { group, state: 'due', $or: partitions } },
  { $sort: { seq: 1 } },
  { $project: { topic: 1, partition: 1, key: 1, eventId: 1, queue: 1, offset: 1 } },
  {
    $lookup: {
      from: lettersName,
      localField: 'queue',
      foreignField: 'queue',
      let: { offset: '$offset' },
      pipeline: [
        { $match: { $expr: { $lt: ['$offset', '$$offset'] } } },
        { $limit: 1 },
        { $project: { _id: 1 } },
      ],
      as: 'earlier',
    },
  },
  { $match: { earlier: [] } },
  { $limit: limit },
];

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
