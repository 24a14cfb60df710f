import { type Collection } from 'mongodb';
import { type Inbox } from '../../ports/inbox.js';
import { isTaken, translated } from './faults.js';
import { type Databases } from './databases.js';
import { type FixedIndexes } from './indexes.js';

interface Seen {
  /** Every event of a group once, by the index that every collection has. */
  readonly _id: { readonly group: string; readonly eventId: string };
  readonly addedAt: Date;
}

const collection = 'inbox';

export const inboxIndexes: FixedIndexes = {
  [collection]: [{ key: { '_id.group': 1, addedAt: 1 } }],
};

export class MongoInbox implements Inbox {
  constructor(private readonly databases: Databases) {}

  seen(group: string, eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    return translated(async () => {
      const ids = eventIds.map((eventId) => ({ group, eventId }));
      const found = await this.of(group)
        .find({ _id: { $in: ids } }, { projection: { _id: 1 } })
        .toArray();
      return new Set(found.map(({ _id }) => _id.eventId));
    });
  }

  async add(group: string, eventId: string): Promise<void> {
    await translated(async () => {
      try {
        await this.of(group).insertOne({ _id: { group, eventId }, addedAt: new Date() });
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    });
  }

  async forgetBefore(group: string, timestamp: number): Promise<void> {
    await translated(() =>
      this.of(group).deleteMany({ '_id.group': group, addedAt: { $lt: new Date(timestamp) } }),
    );
  }

  private of(group: string): Collection<Seen> {
    return this.databases.of(group).collection<Seen>(collection);
  }
}
