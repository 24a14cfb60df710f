import { Binary, type Collection, type Db } from 'mongodb';
import { type Sealed } from '../../kernel/sealed.js';
import { type Keys } from '../../ports/keys.js';
import {
  CustomerKey,
  type FoundKey,
  keyIdOf,
  type KeyMaterial,
  newKey,
  openWith,
  type Secrets,
} from '../sealing/sealing.js';
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

  /** The collection alone, for keys that are not kept as they are. */
  readonly secrets: Secrets = {
    held: (customerId) =>
      translated(async () => materialOf(await this.keys.findOne({ customer: customerId }))),
    hold: (customerId, made) =>
      translated(async () => {
        for (;;) {
          const kept = materialOf(await this.make(customerId, made));
          if (kept !== undefined) return kept;
        }
      }),
    withId: (id) =>
      translated(async () => {
        const row = await this.keys.findOne({ _id: id });
        if (row === null) return 'unknown';
        const { customer, secret } = row;
        if (customer === undefined || secret === undefined) return 'forgotten';
        return { customer, secret: bytesOf(secret) };
      }),
    forget: (customerId) => this.forget(customerId),
  };

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
  private async keyOf(customerId: string): Promise<CustomerKey> {
    const { id, secret } =
      (await this.secrets.held(customerId)) ?? (await this.secrets.hold(customerId, newKey()));
    return new CustomerKey(customerId, id, secret);
  }

  /** null when another has made one at the same moment. */
  private async make(customerId: string, { id, secret }: KeyMaterial): Promise<Row | null> {
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

  private async withId(id: string): Promise<FoundKey> {
    const found = await this.secrets.withId(id);
    return typeof found === 'string' ? found : new CustomerKey(found.customer, id, found.secret);
  }
}

const materialOf = (row: Row | null): KeyMaterial | undefined =>
  row?.secret === undefined ? undefined : { id: row._id, secret: bytesOf(row.secret) };

const bytesOf = (binary: Binary): Buffer => Buffer.from(binary.value());
