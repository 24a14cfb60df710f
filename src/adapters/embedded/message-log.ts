import { type FaultPoints } from '../../ports/fault-points.js';
import { type Logger } from '../../ports/logger.js';
import {
  Fenced,
  type GroupMember,
  type GroupOptions,
  type GroupStatus,
  Indeterminate,
  type Message,
  type MessageLog,
  type NewMessage,
  type TopicOffset,
  type TopicSpec,
  type TopicStatus,
  type TransactionalProducer,
  UnknownTopic,
} from '../../ports/message-log.js';
import { StorageUnavailable } from '../../ports/storage.js';
import { whenFree } from './busy.js';
import { type Database } from './database.js';
import { Closed, type GroupCommit, Refused } from './group-commit.js';
import { EmbeddedGroupMember } from './group-member.js';
import { type Batch, type Content, encodeBatches } from './message-batch.js';
import { GroupRows } from './message-groups.js';
import { MessageNews } from './message-news.js';
import { producerRows } from './message-producers.js';
import { MessageRows, type Topic } from './message-rows.js';
import { partitionOf } from './partitioner.js';

/** Messages for one partition. */
interface Part {
  readonly topic: Topic;
  readonly partition: number;
  readonly contents: Content[];
  /** Where each of them is among those that are published together. */
  readonly indexes: number[];
}

interface EncodedPart extends Omit<Part, 'contents'> {
  readonly batches: readonly Batch[];
}

/** How often is looked for messages that are older than their topic keeps them. */
const SWEEP_EVERY_MS = 60_000;

export class EmbeddedMessageLog implements MessageLog {
  private closed = false;
  private readonly messages;
  private readonly groupRows;
  private readonly producers;
  private readonly latest;
  private readonly members = new Set<EmbeddedGroupMember>();
  private readonly sweeper;

  constructor(
    db: Database,
    private readonly commits: GroupCommit,
    private readonly logger: Logger,
    private readonly reached: FaultPoints,
  ) {
    this.messages = new MessageRows(db);
    this.groupRows = new GroupRows(db);
    this.producers = producerRows(db);
    this.latest = new MessageNews(db);
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_EVERY_MS).unref();
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const { name, partitions } of topics) {
      if (!Number.isInteger(partitions) || partitions < 1) {
        throw new RangeError(`Topic ${name} cannot have ${partitions} partitions: 1 is the least.`);
      }
    }
    if (await this.query(() => topics.every(({ name }) => this.messages.topic(name) !== undefined))) return;
    await this.commits.write(() => {
      for (const topic of topics) this.messages.make(topic);
    });
  }

  topics(): Promise<readonly TopicStatus[]> {
    return this.query(() => this.messages.topics());
  }

  async publish(messages: readonly NewMessage[]): Promise<readonly TopicOffset[]> {
    return messages.length === 0 ? [] : this.append(messages);
  }

  async openTransactional(slot: string): Promise<TransactionalProducer> {
    const epoch = await this.commits.write(() => this.producers.open(slot));
    let open = true;
    return {
      checkpoint: () => this.checkpoint(slot),
      commit: async (messages, checkpoint) => {
        if (!open) throw new Error(`This producer of ${slot} has been closed.`);
        try {
          return await this.append(messages, () =>
            this.producers.save(slot, epoch, checkpoint) ? undefined : new Refused(new Fenced(slot)),
          );
        } catch (error) {
          throw isOpenQuestion(error) ? new Indeterminate(slot, error) : error;
        }
      },
      close: () => {
        open = false;
        return Promise.resolve();
      },
    };
  }

  checkpoint(slot: string): Promise<string | undefined> {
    return this.query(() => this.producers.checkpoint(slot));
  }

  read(from: TopicOffset, limit: number): Promise<readonly Message[]> {
    return this.query(() => this.messages.read(this.topic(from.topic, from.partition).id, from, limit));
  }

  async news(signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => this.closed || signal.aborted;
    const published = (): Promise<number> =>
      this.query(() => {
        this.latest.refresh();
        return this.latest.published;
      });
    const wake = (): void => {
      this.latest.wake();
    };
    signal.addEventListener('abort', wake);
    try {
      const before = await published();
      while (!isOver() && this.latest.published === before) {
        await this.latest.sleep();
        if (!isOver()) await published();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  async join(options: GroupOptions): Promise<GroupMember> {
    const topics = await this.query(() => options.topics.map((name) => this.topic(name)));
    const { commits, messages, groupRows: groups, latest: news, logger } = this;
    const deps = { commits, messages, groups, news, logger };
    const member = new EmbeddedGroupMember(options, topics, deps, () => this.members.delete(member));
    this.members.add(member);
    await member.join();
    return member;
  }

  committed(group: string): Promise<readonly TopicOffset[]> {
    return this.query(() => this.groupRows.committed(group));
  }

  groups(): Promise<readonly GroupStatus[]> {
    return this.query(() => this.groupRows.statuses());
  }

  /** Deletes the messages that are older than their topic keeps them, batch by batch. */
  async deleteExpired(now = Date.now()): Promise<void> {
    for (;;) {
      const expired = await this.query(() => this.messages.expired(now));
      if (expired.length === 0) return;
      for (const each of expired) {
        await this.commits.write(() => {
          this.messages.expire(each);
        });
      }
    }
  }

  /** Its members leave their groups. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.sweeper);
    this.latest.wake();
    const left = [...this.members].map((member) =>
      member.close().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'A member could not leave its group; its session will run out');
      }),
    );
    await Promise.all(left);
  }

  private async append(
    messages: readonly NewMessage[],
    refusal: () => Refused | undefined = () => undefined,
  ): Promise<readonly TopicOffset[]> {
    // Before anything is awaited: the buffers are the caller's.
    const parts = await this.query(() => this.partsOf(messages));
    const bases = await this.commits.write(() => {
      const refused = refusal();
      if (refused !== undefined) return refused;
      if (parts.length > 0) this.messages.published();
      const first = parts.map(({ topic, partition, batches }) => {
        const base = this.messages.append(topic.id, partition, batches);
        this.reached('log.amid-publish');
        return base;
      });
      this.reached('log.before-commit');
      return first;
    });
    this.latest.committed();
    const offsets = new Array<TopicOffset>(messages.length);
    parts.forEach(({ topic, partition, indexes }, part) => {
      let offset = bases[part] ?? 0;
      for (const index of indexes) offsets[index] = { topic: topic.name, partition, offset: offset++ };
    });
    return offsets;
  }

  private partsOf(messages: readonly NewMessage[]): EncodedPart[] {
    const now = Date.now();
    const anywhere = Math.random();
    const parts = new Map<string, (Part | undefined)[]>();
    messages.forEach(({ topic: name, key, value, headers, partition: wanted, timestamp = now }, index) => {
      const topic = this.topic(name, wanted);
      const { partitions } = topic;
      const partition =
        wanted ?? (key === null ? Math.floor(anywhere * partitions) : partitionOf(key, partitions));
      const ofTopic = parts.get(name) ?? [];
      parts.set(name, ofTopic);
      const part = (ofTopic[partition] ??= { topic, partition, contents: [], indexes: [] });
      part.contents.push({ timestamp, key, value, headers });
      part.indexes.push(index);
    });
    return [...parts.values()].flat().flatMap((part) => {
      if (part === undefined) return [];
      const { contents, ...rest } = part;
      return [{ ...rest, batches: encodeBatches(contents) }];
    });
  }

  /** @throws UnknownTopic also when it has no such partition. */
  private topic(name: string, partition = 0): Topic {
    const topic = this.messages.topic(name);
    if (
      topic === undefined ||
      !Number.isInteger(partition) ||
      partition < 0 ||
      partition >= topic.partitions
    ) {
      throw new UnknownTopic(name);
    }
    return topic;
  }

  private async sweep(): Promise<void> {
    try {
      await this.deleteExpired();
    } catch (error) {
      if (!this.closed) this.logger.warn({ err: error }, 'Old messages could not be deleted yet');
    }
  }

  private async query<T>(work: () => T): Promise<T> {
    return whenFree(() => {
      if (this.closed) throw new Closed();
      return work();
    });
  }
}

/** The operating system failed while the transaction was written: it may be there after the next start. */
const isOpenQuestion = (error: unknown): boolean =>
  error instanceof StorageUnavailable && error.code?.startsWith('SQLITE_IOERR') === true;
