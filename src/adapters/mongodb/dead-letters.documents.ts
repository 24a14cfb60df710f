import { Binary, type Filter, type ObjectId, Timestamp } from 'mongodb';
import {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterState,
  type DueLetter,
  type Failure,
  type Parking,
  queueName,
} from '../../ports/dead-letters.js';
import { type TopicPartition } from '../../ports/message-log.js';
import { InvalidCursor } from '../../ports/views.js';
import { letterId } from '../dead-letters/letter-id.js';
import { type FixedIndexes } from './indexes.js';

export interface LetterDocument {
  readonly _id: string;
  /**
   * The place in the order of parking. The server puts its clock in place of an empty one as it inserts: unique and
   * ascending on a replica set (https://www.mongodb.com/docs/manual/reference/bson-types/#timestamps).
   */
  readonly seq: Timestamp;
  readonly queue: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Binary | null;
  readonly value: Binary | null;
  readonly headers: readonly { readonly name: string; readonly value: Binary }[];
  readonly eventId: string;
  readonly eventType: string | null;
  readonly state: DeadLetterState;
  readonly failure: Failure | null;
  readonly attempts: number;
  readonly parkedAt: number;
  readonly firstFailedAt: number | null;
  readonly lastFailedAt: number | null;
  /** Of the last failure, or of the parking. */
  readonly lastAt: number;
}

/** Keeps a queue blocked for as long as it is there: see DeadLetterQueues. */
export interface QueueDocument {
  readonly _id: string;
  readonly group: string;
  /** The offset of its first message. */
  readonly first: number;
  /** Those that have entered and not settled. */
  readonly changes: readonly ObjectId[];
  /** Another with every write. */
  readonly version: ObjectId;
}

export interface RateDocument {
  /** The group. */
  readonly _id: string;
  readonly perSecond: number;
  readonly nextAt: number;
}

export const lettersName = 'dead_letters';
export const queuesName = 'dead_letter_queues';
export const ratesName = 'dead_letter_rates';

export const deadLettersIndexes: FixedIndexes = {
  [lettersName]: [
    { key: { seq: 1 } },
    { key: { queue: 1, offset: 1 } },
    { key: { group: 1, state: 1, seq: 1 } },
  ],
  [queuesName]: [{ key: { group: 1, changes: 1 } }],
};

export const queueId = (group: string, { topic, partition }: TopicPartition, key: Buffer): string =>
  [group, topic, partition, queueName(key)].join('/');

/** Of one that waits behind another. */
export const toDocument = ({ group, message, eventId, eventType }: Parking, at: number): LetterDocument => {
  const { topic, partition, offset, timestamp, key, value, headers } = message;
  const id = letterId(group, message);
  return {
    _id: id,
    seq: new Timestamp({ t: 0, i: 0 }),
    // A message without a key is a queue of its own, and needs no gate.
    queue: key === null ? id : queueId(group, message, key),
    ...{ group, topic, partition, offset, timestamp },
    key: toBinary(key),
    value: toBinary(value),
    headers: headers.map(([name, bytes]) => ({ name, value: new Binary(bytes) })),
    ...{ eventId, eventType },
    state: 'waiting',
    failure: null,
    attempts: 0,
    parkedAt: at,
    firstFailedAt: null,
    lastFailedAt: null,
    lastAt: at,
  };
};

export const toLetter = (document: LetterDocument): DeadLetter => {
  const { _id: id, group, topic, partition, offset, timestamp, key, value, headers } = document;
  const { eventId, eventType, state, failure, attempts, parkedAt, firstFailedAt, lastFailedAt } = document;
  return {
    ...{ id, group, eventId, eventType, state, failure, attempts, parkedAt, firstFailedAt, lastFailedAt },
    message: {
      ...{ topic, partition, offset, timestamp },
      key: toBuffer(key),
      value: toBuffer(value),
      headers: headers.map(({ name, value: bytes }) => [name, Buffer.from(bytes.value())]),
    },
  };
};

export type DueDocument = Pick<LetterDocument, '_id' | 'topic' | 'partition' | 'key' | 'eventId' | 'seq'>;

export const toDue = ({ _id: id, topic, partition, key, eventId }: DueDocument): DueLetter => ({
  ...{ id, topic, partition, eventId },
  key: toBuffer(key),
});

export const toQuery = (filter: DeadLetterFilter): Filter<LetterDocument> => {
  const { ids, group, topic, key, eventType, errorClass, failure, since, until, state } = filter;
  const all: readonly Filter<LetterDocument>[] = [
    ...(ids === undefined ? [] : [{ _id: { $in: ids } }]),
    ...(group === undefined ? [] : [{ group }]),
    ...(topic === undefined ? [] : [{ topic }]),
    ...(key === undefined ? [] : [{ key: new Binary(Buffer.from(key)) }]),
    ...(eventType === undefined ? [] : [{ eventType }]),
    ...(errorClass === undefined ? [] : [{ 'failure.errorClass': errorClass }]),
    ...(failure === undefined ? [] : [{ 'failure.fingerprint': failure }]),
    ...(since === undefined ? [] : [{ lastAt: { $gte: since } }]),
    ...(until === undefined ? [] : [{ lastAt: { $lte: until } }]),
    ...(state === undefined ? [] : [{ state }]),
  ];
  return all.length === 0 ? {} : { $and: [...all] };
};

export const toCursor = ({ seq }: Pick<LetterDocument, 'seq'>): string => seq.toBigInt().toString(16);

export const fromCursor = (cursor: string): Timestamp => {
  if (!/^[0-9a-f]{1,16}$/.test(cursor)) throw new InvalidCursor();
  return new Timestamp(BigInt(`0x${cursor}`));
};

const toBinary = (bytes: Buffer | null): Binary | null => bytes && new Binary(bytes);
const toBuffer = (binary: Binary | null): Buffer | null => binary && Buffer.from(binary.value());
