import { type Position } from '../kernel/envelope.js';
import { type Lease } from './leases.js';

/** How far each subscriber has got: everything up to its checkpoint has been dealt with. */
export interface Checkpoints {
  load(subscriber: string): Promise<Position | undefined>;
  /** @throws LeaseLost when the lease given has passed to another owner; nothing was saved. */
  save(subscriber: string, position: Position, lease?: Lease): Promise<void>;
}
