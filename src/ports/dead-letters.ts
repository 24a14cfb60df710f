import { type Message, type TopicPartition } from './message-log.js';

/** Why a message could not be dealt with. */
export interface Failure {
  readonly errorClass: string;
  readonly causeClass: string | null;
  readonly message: string;
  readonly stack: string;
  /** The same for failures that probably have the same cause. */
  readonly fingerprint: string;
  /** How often the message was tried, this time. */
  readonly attempts: number;
}

/** A message as a consumer group parks it. */
export interface Parking {
  readonly group: string;
  readonly message: Message;
  /** By which the group's inbox knows it. */
  readonly eventId: string;
  readonly eventType: string | null;
}

/**
 * `failed`: waits for somebody to decide. `due`: is tried as soon as the consumer gets to it. `waiting`: parked only
 * because an earlier message of its key is; becomes due by itself when that one is gone.
 */
export const deadLetterStates = ['failed', 'due', 'waiting'] as const;
export type DeadLetterState = (typeof deadLetterStates)[number];

export interface DeadLetter extends Parking {
  /** The same whenever the same message is parked by the same group. */
  readonly id: string;
  readonly state: DeadLetterState;
  /** The last one; null while it has not been tried. */
  readonly failure: Failure | null;
  /** Over all failures. */
  readonly attempts: number;
  /** Milliseconds since 1970, as all times here. */
  readonly parkedAt: number;
  readonly firstFailedAt: number | null;
  readonly lastFailedAt: number | null;
}

/** What the consumer needs to know of a message that is due before it takes it in hand. */
export interface DueLetter extends TopicPartition {
  readonly id: string;
  readonly key: Buffer | null;
  readonly eventId: string;
}

/** All that are given must hold. */
export interface DeadLetterFilter {
  readonly ids?: readonly string[] | undefined;
  readonly group?: string | undefined;
  readonly topic?: string | undefined;
  /** UTF-8. */
  readonly key?: string | undefined;
  readonly eventType?: string | undefined;
  readonly errorClass?: string | undefined;
  /** A fingerprint. */
  readonly failure?: string | undefined;
  /** Of the last failure, or of the parking of one that has not been tried. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly state?: DeadLetterState | undefined;
}

/** What failed alike. */
export interface FailureGroup {
  readonly group: string;
  readonly topic: string;
  readonly eventType: string | null;
  readonly fingerprint: string;
  readonly errorClass: string;
  /** Of the last failure. */
  readonly message: string;
  /** How many messages failed like this. */
  readonly failed: number;
  /** How many are parked behind them. */
  readonly waiting: number;
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
  /** The one that failed last. */
  readonly example: string;
}

export type DeadLetterCounts = Readonly<Record<DeadLetterState, number>>;

export interface DeadLetterPage {
  /** In the order in which they were parked. */
  readonly items: readonly DeadLetter[];
  readonly nextCursor: string | null;
}

/**
 * The messages that consumer groups could not deal with, and those behind them. Order is kept among the messages of
 * one key in one partition, which are called a queue here; messages without a key have none. Only the first message
 * of a queue is ever tried.
 */
export interface DeadLetters {
  /** Parks a message that failed. One that is parked already stays as it is. */
  park(parking: Parking, failure: Failure, at: number): Promise<void>;
  /**
   * In one step: parks the message when an earlier one of its queue is parked (true; also when it is parked itself
   * already), or leaves it to the caller (false).
   */
  parkBehind(parking: Parking, at: number): Promise<boolean>;
  /** The offset of the first parked message of each queue of these keys that has one, by `queueName`. */
  blocked(
    group: string,
    partition: TopicPartition,
    keys: readonly Buffer[],
  ): Promise<ReadonlyMap<string, number>>;
  /** The first messages of queues in these partitions that may be tried now, the longest parked first. */
  due(group: string, partitions: readonly TopicPartition[], limit: number): Promise<readonly DueLetter[]>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** A message that was due has failed again: it waits for the next decision. One that is gone stays gone. */
  failedAgain(id: string, failure: Failure, at: number): Promise<void>;
  /** They are dealt with, or given up. Those behind them become due when nothing before them is left. */
  remove(ids: readonly string[]): Promise<void>;

  find(
    filter: DeadLetterFilter,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<DeadLetterPage>;
  count(filter: DeadLetterFilter): Promise<DeadLetterCounts>;
  /** What failed last comes first. */
  failures(filter: DeadLetterFilter, limit: number): Promise<readonly FailureGroup[]>;
  /**
   * Makes the failed ones due. @returns how many there were. Until the next redrive of their groups, no more than so
   * many a second may be tried (null: any number), which `permit` sees to.
   */
  redrive(filter: DeadLetterFilter, perSecond: number | null): Promise<number>;
  /** To be asked before each message that is due is tried: 0, or in how many milliseconds to ask again. */
  permit(group: string, at: number): Promise<number>;
}

/** The name of a key's queue within its partition. */
export const queueName = (key: Buffer): string => key.toString('hex');
