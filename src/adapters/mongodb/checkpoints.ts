import { type Collection } from 'mongodb';
import { type Position } from '../../kernel/envelope.js';
import { type Checkpoints } from '../../ports/checkpoints.js';
import { type Lease, LeaseLost } from '../../ports/leases.js';
import { type Databases } from './databases.js';
import { translated } from './faults.js';
import { type Fence, fence } from './leases.js';

interface Row {
  readonly _id: string;
  readonly position: Position;
  /** The highest of the lease that it is saved under. */
  readonly token?: number;
}

export class MongoCheckpoints implements Checkpoints {
  private readonly refuseLost: Fence;

  constructor(private readonly databases: Databases) {
    this.refuseLost = fence(databases);
  }

  async load(subscriber: string): Promise<Position | undefined> {
    return (await translated(() => this.rows(subscriber).findOne({ _id: subscriber })))?.position;
  }

  async save(subscriber: string, position: Position, lease?: Lease): Promise<void> {
    await translated(async () => {
      await this.refuseLost(lease);
      // A missing token, and a missing position, are less than any.
      const isMine = lease === undefined ? true : { $lte: ['$token', lease.token] };
      const row = await this.rows(subscriber).findOneAndUpdate(
        { _id: subscriber },
        [
          {
            $set: {
              position: { $cond: [isMine, { $max: ['$position', { $literal: position }] }, '$position'] },
              ...(lease === undefined ? {} : { token: { $max: ['$token', lease.token] } }),
            },
          },
        ],
        { upsert: true, returnDocument: 'after' },
      );
      if (lease !== undefined && row?.token !== lease.token) throw new LeaseLost(lease);
    });
  }

  private rows(subscriber: string): Collection<Row> {
    return this.databases.of(subscriber).collection<Row>('checkpoints');
  }
}
