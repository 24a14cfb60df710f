import { type Collection, type Db, ObjectId, type UpdateFilter } from 'mongodb';
import {
  type LetterDocument,
  lettersName,
  type QueueDocument,
  queuesName,
} from './dead-letters.documents.js';

/** Any change that goes well has long ended: an older one may have been left unfinished. */
const finishedWithinMs = 2_000;
/** An older one counts no more. Even if it goes on yet, it settles the queue itself. */
const givenUpAfterMs = 60_000;

/** Of one change; the time is in it. */
export type Change = ObjectId;
export const newChange = (): Change => new ObjectId();

/**
 * The gates of the queues in one database. Letters are documents of their own, and no transaction binds them together:
 * one of a process that is killed keeps the queue locked until the server gives it up, after a minute or more
 * (https://www.mongodb.com/docs/manual/reference/parameter/#mongodb-parameter-param.transactionLifetimeLimitSeconds).
 * Instead whoever parks or removes letters enters the queue's own document, changes the letters, and settles. A queue is
 * blocked from the moment at which its first message has entered until a settlement finds neither letters nor anybody
 * still within: what is left unfinished blocks it too long and never too short. `settleUnfinished` ends that.
 */
export class DeadLetterQueues {
  private readonly queues: Collection<QueueDocument>;
  private readonly letters: Collection<LetterDocument>;

  constructor(db: Db) {
    this.queues = db.collection<QueueDocument>(queuesName);
    this.letters = db.collection<LetterDocument>(lettersName);
  }

  /** By the queue: the offset of its first message. */
  async firsts(queues: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await this.queues.find({ _id: { $in: queues } }).toArray();
    return new Map(found.map(({ _id, first }) => [_id, first]));
  }

  /** @returns whether an earlier message is in the queue. */
  async enter({ queue, group, offset }: LetterDocument, change: Change): Promise<boolean> {
    const before = await this.queues.findOneAndUpdate(
      { _id: queue },
      { ...entering(change), $min: { first: offset }, $setOnInsert: { group } },
      { upsert: true, returnDocument: 'before' },
    );
    return before !== null && before.first < offset;
  }

  /** Only when an earlier message is in the queue, or the same. @returns whether one is. */
  async enterBehind({ queue, offset }: LetterDocument, change: Change): Promise<boolean> {
    const { matchedCount } = await this.queues.updateOne(
      { _id: queue, first: { $lte: offset } },
      entering(change),
    );
    return matchedCount > 0;
  }

  async enterToRemove(queue: string, change: Change): Promise<void> {
    await this.queues.updateOne({ _id: queue }, entering(change));
  }

  /** Ends the change: makes the first letter due if it waits, and opens the queue when there is none. */
  async settle(queue: string, change?: Change): Promise<void> {
    while (!(await this.settleNow(queue, change)));
  }

  /** Settles the queues of the group that nobody may be settling. */
  async settleUnfinished(group: string): Promise<void> {
    const stale = { $lt: changeAt(Date.now() - finishedWithinMs) };
    const unfinished = await this.queues
      .find({ group, changes: stale }, { projection: { _id: 1 } })
      .toArray();
    await Promise.all(unfinished.map(({ _id }) => this.settle(_id)));
  }

  /** @returns false when another change came in between. */
  private async settleNow(queue: string, change: Change | undefined): Promise<boolean> {
    const gate = await this.queues.findOne({ _id: queue });
    // Afterwards: what was changed before the gate was read is seen.
    const next = await this.letters.findOne({ queue }, { sort: { offset: 1 } });
    if (next?.state === 'waiting') {
      await this.letters.updateOne({ _id: next._id, state: 'waiting' }, { $set: { state: 'due' } });
    }
    if (gate === null) return next === null || (await this.makeGate(next));
    const asRead = { _id: queue, version: gate.version };
    const givenUp = changeAt(Date.now() - givenUpAfterMs).toHexString();
    const others = gate.changes.filter((each) => !change?.equals(each) && each.toHexString() > givenUp);
    if (next === null && others.length === 0) return (await this.queues.deleteOne(asRead)).deletedCount > 0;
    // With others within, the first may be one that has no letter yet.
    const first = next !== null && others.length === 0 ? next.offset : gate.first;
    const settled = { first, changes: others, version: newChange() };
    return (await this.queues.updateOne(asRead, { $set: settled })).matchedCount > 0;
  }

  /** For a letter that was parked so slowly that its change has been given up, and the queue opened. */
  private async makeGate({ queue, group, offset }: LetterDocument): Promise<false> {
    const gate = { group, first: offset, changes: [], version: newChange() };
    await this.queues.updateOne({ _id: queue }, { $setOnInsert: gate }, { upsert: true });
    return false;
  }
}

const entering = (change: Change): UpdateFilter<QueueDocument> => ({
  $push: { changes: change },
  $set: { version: change },
});

/** One that is newer than any of an earlier second. */
const changeAt = (ms: number): ObjectId => ObjectId.createFromTime(Math.floor(ms / 1_000));
