import { type Db } from 'mongodb';

/** Which database keeps what: every service has one of its own, and no service reads another's. */
export interface Databases {
  /** By the name of a view's storage, a projection, a lease, a subscriber or a consumer group. */
  of(name: string): Db;
  /** Those that this process may use. */
  readonly all: readonly Db[];
}
