/**
 * Kafka's headers: a list, since a name may come more than once; values are bytes. The values of a name keep their
 * order; between names there is none, so that those of one name may come one after another.
 */
export type Headers = readonly (readonly [name: string, value: Buffer])[];

export interface NewMessage {
  readonly topic: string;
  /** Messages of one key stay in order. Without one, and without `partition`, any partition will do. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
  /** Default: by the key, as Kafka's default partitioner does (murmur2). */
  readonly partition?: number;
  /** Milliseconds since 1970. Default: now. */
  readonly timestamp?: number;
}

export interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** How long messages are kept; null: for ever. */
  readonly retentionMs: number | null;
}

export interface PartitionStatus {
  readonly partition: number;
  /** Offset of the oldest message kept; `next` when there is none. */
  readonly first: number;
  /** Offset that the next message will get. */
  readonly next: number;
}

export interface TopicStatus extends TopicSpec {
  readonly status: readonly PartitionStatus[];
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TopicOffset extends TopicPartition {
  readonly offset: number;
}

/** Ordered, partitioned, durable messages, as in Kafka. */
export interface MessageLog {
  /** Makes the topics that are not there yet; those that are there stay as they are. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  topics(): Promise<readonly TopicStatus[]>;
  /**
   * Appends all; acknowledged when durable. Messages of one partition keep their order.
   * @throws UnknownTopic when one of them has no place to go; none was written.
   * @throws StorageUnavailable when some partitions may have got theirs: published again, they may be there twice.
   */
  publish(messages: readonly NewMessage[]): Promise<readonly TopicOffset[]>;
  /**
   * The producer of a slot, of which there is one at a time: opening fences the one before, whose unfinished
   * transaction is undone.
   */
  openTransactional(slot: string): Promise<TransactionalProducer>;
  /** The checkpoint of the slot's last commit, without taking part. What was committed up to it is there to be read. */
  checkpoint(slot: string): Promise<string | undefined>;
  /**
   * Committed messages of one partition from the offset on (from the first one kept, when it is older).
   * @throws UnknownTopic
   */
  read(from: TopicOffset, limit: number): Promise<readonly Message[]>;
  /**
   * Resolves when something has been published since the call, or with the signal. What was published before by another
   * process may count as news as well; nothing is missed.
   */
  news(signal: AbortSignal): Promise<void>;
  /** @throws UnknownTopic */
  join(options: GroupOptions): Promise<GroupMember>;
  /** The committed offset of each partition of a group: the offset of the next message to deal with. */
  committed(group: string): Promise<readonly TopicOffset[]>;
  groups(): Promise<readonly GroupStatus[]>;
  close(): Promise<void>;
}

/** A batch and the checkpoint that says how far the source has been published commit together or not at all. */
export interface TransactionalProducer {
  /** The checkpoint of the slot's last commit; undefined when there was none. */
  checkpoint(): Promise<string | undefined>;
  /**
   * Resolves when it is durable and decided; readers see it a moment later.
   * @throws Fenced when a newer producer of the slot has been opened; nothing was written.
   * @throws Indeterminate when it is not known whether it was written: open anew and read the checkpoint.
   */
  commit(messages: readonly NewMessage[], checkpoint: string): Promise<readonly TopicOffset[]>;
  close(): Promise<void>;
}

export interface GroupOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** How long a member that is not heard of keeps its partitions; an engine may make it longer. */
  readonly sessionTimeoutMs: number;
  /** The most messages in one delivery. Default 500. */
  readonly batchSize?: number;
}

export type GroupDelivery =
  | { readonly kind: 'assigned'; readonly partitions: readonly TopicPartition[] }
  /**
   * Another member gets them once the next delivery is asked for: finish and commit first. After the member's session
   * ran out they are gone already, and committing throws PartitionLost.
   */
  | { readonly kind: 'revoked'; readonly partitions: readonly TopicPartition[] }
  /** Of one partition, in order, after the committed offset; never empty. */
  | { readonly kind: 'messages'; readonly partition: TopicPartition; readonly messages: readonly Message[] };

/**
 * One member of a consumer group. The group's partitions are shared out among its members, in this and in other
 * processes; a partition without a committed offset begins with its first message. Deliveries are made only when
 * the one before has been taken, for as long as the member is open.
 */
export interface GroupMember extends AsyncIterable<GroupDelivery> {
  /**
   * The offsets of the next messages to deal with.
   * @throws PartitionLost when one of them is no longer this member's; none was saved.
   */
  commit(offsets: readonly TopicOffset[]): Promise<void>;
  /** Leaves the group, so that others take over at once. Ends the iteration. */
  close(): Promise<void>;
}

export interface GroupStatus {
  readonly group: string;
  readonly members: number;
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    /** null while nothing has been committed. */
    readonly committed: number | null;
    readonly next: number;
    readonly member: string | null;
  }[];
}

export class UnknownTopic extends Error {
  constructor(readonly topic: string) {
    super(`There is no topic ${topic} with such a partition. Make it first.`);
    this.name = 'UnknownTopic';
  }
}

export class Fenced extends Error {
  constructor(slot: string) {
    super(`A newer producer of ${slot} has been opened: this one may not write any more.`);
    this.name = 'Fenced';
  }
}

export class Indeterminate extends Error {
  constructor(slot: string, cause: unknown) {
    super(`Whether the transaction of ${slot} was committed is not known.`, { cause });
    this.name = 'Indeterminate';
  }
}

export class PartitionLost extends Error {
  constructor({ topic, partition }: TopicPartition) {
    super(`Partition ${partition} of ${topic} has passed to another member of the group.`);
    this.name = 'PartitionLost';
  }
}
