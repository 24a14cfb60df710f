import { Binary, type Collection, type Db } from 'mongodb';
import { type Sealed } from '../../kernel/sealed.js';
import { type Keys } from '../../ports/keys.js';
import { CustomerKey, type FoundKey, keyIdOf, newKey, openWith } from '../sealing/sealing.js';
import { isTaken, translated } from './faults.js';
import { type FixedIndexes } from './indexes.js';

/** What stays of a forgotten key is its id, which tells it from a key that was never here. */
interface Row {
  readonly _id: string;
  readonly customer?: string;
  readonly secret?: Binary;
}

const collection = 'keys';

export const keysIndexes: FixedIndexes = {
  [collection]: [
    {
      key: { customer: 1 },
      unique: true,
      partialFilterExpression: { customer: { $exists: true } },
    },
  ],
};

/**
 * Keys in a database of their own, so that they can be guarded and backed up apart from what is sealed under them.
 * None is remembered: what one process forgets, none can open any more. A forgotten key is gone from the collection at
 * once, and from the server's oplog, journal and backups when these have been written over.
 */
export class MongoKeys implements Keys {
  private readonly keys: Collection<Row>;

  constructor(db: Db) {
    this.keys = db.collection<Row>(collection, {
      readPreference: 'primary',
      readConcern: 'majority',
      writeConcern: { w: 'majority' },
    });
  }

  async seal(customerId: string, purpose: string, plaintext: string): Promise<Sealed> {
    return (await this.keyOf(customerId)).seal(purpose, plaintext);
  }

  async open(customerId: string, purpose: string, sealed: Sealed): Promise<string | undefined> {
    const id = keyIdOf(sealed);
    const key = id === undefined ? 'unknown' : await this.withId(id);
    return openWith(key, customerId, purpose, sealed);
  }

  async fingerprint(customerId: string, text: string): Promise<string> {
    return (await this.keyOf(customerId)).fingerprint(text);
  }

  forget(customerId: string): Promise<boolean> {
    return translated(async () => {
      const { modifiedCount } = await this.keys.updateOne(
        { customer: customerId },
        { $unset: { customer: '', secret: '' } },
      );
      return modifiedCount > 0;
    });
  }

  /**
   * Of two that make a customer's first key at once, one does and the other finds it. Only a key that a majority has
   * is used, for what is sealed under one that a failover loses could never be read: reads are of what a majority
   * has, and an upsert that finds a key waits for the majority like one that makes it.
   */
  private keyOf(customerId: string): Promise<CustomerKey> {
    return translated(async () => {
      const held = await this.keys.findOne({ customer: customerId });
      for (let row = held; ; row = await this.make(customerId)) {
        if (row?.secret !== undefined) return new CustomerKey(customerId, row._id, bytesOf(row.secret));
      }
    });
  }

  /** null when another has made one at the same moment. */
  private async make(customerId: string): Promise<Row | null> {
    const { id, secret } = newKey();
    try {
      return await this.keys.findOneAndUpdate(
        { customer: customerId },
        { $setOnInsert: { _id: id, secret: new Binary(secret) } },
        { upsert: true, returnDocument: 'after' },
      );
    } catch (error) {
      if (!isTaken(error)) throw error;
      return null;
    }
  }

  private withId(id: string): Promise<FoundKey> {
    return translated(async () => {
      const row = await this.keys.findOne({ _id: id });
      if (row === null) return 'unknown';
      const { customer, secret } = row;
      if (customer === undefined || secret === undefined) return 'forgotten';
      return new CustomerKey(customer, id, bytesOf(secret));
    });
  }
}

const bytesOf = (binary: Binary): Buffer => Buffer.from(binary.value());
