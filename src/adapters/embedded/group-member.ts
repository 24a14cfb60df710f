import { type Logger } from '../../ports/logger.js';
import {
  type GroupDelivery,
  type GroupMember,
  type GroupOptions,
  PartitionLost,
  type TopicOffset,
  type TopicPartition,
} from '../../ports/message-log.js';
import { whenFree } from './busy.js';
import { type GroupCommit, Refused } from './group-commit.js';
import { newOwner } from './leases.js';
import { type GroupRows, type PartitionRow, type Place } from './message-groups.js';
import { type MessageNews } from './message-news.js';
import { type MessageRows, type Topic } from './message-rows.js';

/** What all members that an engine has opened share. */
export interface GroupDependencies {
  readonly commits: GroupCommit;
  readonly messages: MessageRows;
  readonly groups: GroupRows;
  readonly news: MessageNews;
  readonly logger: Logger;
}

/** A partition that the consumer has been told is its own. */
interface Held extends Place {
  readonly name: TopicPartition;
  /** The offset of the next message to deliver. */
  position: number;
}

interface Step {
  readonly delivery: GroupDelivery | undefined;
  /** What is done once the consumer has taken it, or at once when there is nothing to take. */
  readonly taken?: () => Promise<void>;
}

const DEFAULT_BATCH = 500;
/** A delivery ends with the batch that makes it larger than this. */
const MOST_BYTES = 1024 * 1024;
/** How often a member looks whether the process of another one is dead. */
const LOOK_EVERY_MS = 200;

/**
 * Says every quarter of its session that it lives, whatever its consumer does. When it is nevertheless taken for dead,
 * because its process stood still, its partitions are revoked, and it joins again under another id.
 */
export class EmbeddedGroupMember implements GroupMember {
  private id = newOwner();
  private open = true;
  private closing: Promise<void> | undefined;
  private beating: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private renewedAt = 0;
  private expelled = false;
  /** As of this generation of the group. */
  private generation: number | undefined;
  private owned: readonly PartitionRow[] = [];
  /** Whether the consumer knows about all of them. */
  private settled = false;
  /** The one that was delivered from last is the last. */
  private held: readonly Held[] = [];
  private readonly topics: ReadonlyMap<string, Topic>;
  private readonly deliveries;

  constructor(
    private readonly options: GroupOptions,
    topics: readonly Topic[],
    private readonly deps: GroupDependencies,
    private readonly onLeave: (member: EmbeddedGroupMember) => void,
  ) {
    this.topics = new Map(topics.map((topic) => [topic.name, topic]));
    this.deliveries = this.deliver();
  }

  async join(): Promise<void> {
    const { commits, groups, news } = this.deps;
    const { group, sessionTimeoutMs } = this.options;
    // Known at once, so that whoever closes the member meanwhile makes this one leave.
    this.id = newOwner();
    this.renewedAt = Date.now();
    await commits.write(() => {
      groups.join(group, this.id, [...this.topics.values()], Date.now() + sessionTimeoutMs);
    });
    news.committed();
    this.expelled = false;
    this.generation = undefined;
    if (!this.open) return;
    this.timer ??= setInterval(
      () => {
        this.beating ??= this.beat().finally(() => {
          this.beating = undefined;
        });
      },
      Math.min(LOOK_EVERY_MS, sessionTimeoutMs / 4),
    );
  }

  [Symbol.asyncIterator](): AsyncIterator<GroupDelivery> {
    return this.deliveries;
  }

  async commit(offsets: readonly TopicOffset[]): Promise<void> {
    const { commits, groups } = this.deps;
    const { group } = this.options;
    const { id } = this;
    await commits.write(() => {
      for (const offset of offsets) {
        const place = this.placeOf(offset);
        if (place === undefined || !groups.owns(group, id, place)) {
          return new Refused(new PartitionLost(offset));
        }
      }
      for (const offset of offsets) {
        const place = this.placeOf(offset);
        if (place !== undefined) groups.commit(group, place, offset.offset);
      }
      return undefined;
    });
  }

  close(): Promise<void> {
    return (this.closing ??= this.leave());
  }

  private async leave(): Promise<void> {
    const { commits, groups, news } = this.deps;
    this.open = false;
    this.onLeave(this);
    clearInterval(this.timer);
    news.wake();
    await commits.write(() => {
      groups.leave(this.options.group, this.id);
    });
    news.committed();
  }

  private async beat(): Promise<void> {
    const { commits, groups, news, logger } = this.deps;
    const { group, sessionTimeoutMs } = this.options;
    const { id } = this;
    const now = Date.now();
    if (this.expelled) return;
    try {
      const due = now - this.renewedAt >= sessionTimeoutMs / 4;
      if (!due && !(await whenFree(() => groups.hasStaleMembers(group)))) return;
      const isMember = await commits.write(() => {
        if (!groups.renew(group, id, Date.now() + sessionTimeoutMs)) return false;
        if (groups.hasStaleMembers(group)) groups.rebalance(group);
        return true;
      });
      news.committed();
      if (isMember) this.renewedAt = now;
      else if (id === this.id) this.expel();
    } catch (error) {
      if (this.open)
        logger.warn(
          { err: error, group, member: id },
          'The group could not be told yet that its member lives',
        );
    }
  }

  private async *deliver(): AsyncGenerator<GroupDelivery, void, undefined> {
    const { news } = this.deps;
    const isOpen = (): boolean => this.open;
    try {
      while (isOpen()) {
        const { version } = news;
        const step = await whenFree(() => this.next());
        if (!isOpen()) return;
        if (step !== undefined) {
          if (step.delivery !== undefined) yield step.delivery;
          if (isOpen()) await step.taken?.();
        } else if (this.expelled) {
          await this.join();
        } else if (version === news.version) {
          await news.sleep();
        }
      }
    } finally {
      await this.close();
    }
  }

  /** undefined while there is nothing to tell. */
  private next(): Step | undefined {
    this.look();
    if (!this.settled) {
      const step = this.revoked() ?? this.assigned();
      if (step !== undefined) return step;
      this.settled = true;
    }
    return this.nextMessages();
  }

  private look(): void {
    const { groups } = this.deps;
    const { group } = this.options;
    const generation = groups.generation(group);
    if (generation === this.generation) return;
    if (!this.expelled && !groups.isMember(group, this.id)) this.expel();
    this.owned = groups.owned(group, this.id);
    this.settled = false;
    // At the end: what fails on a locked file is done again.
    this.generation = generation;
  }

  private expel(): void {
    const { group } = this.options;
    this.expelled = true;
    this.deps.logger.warn(
      { group, member: this.id },
      `A member of ${group} was not heard of for its session: it has lost its partitions and joins again`,
    );
  }

  /** What this member has and shall have. */
  private kept(): readonly PartitionRow[] {
    return this.expelled ? [] : this.owned.filter(({ target }) => target === this.id);
  }

  private revoked(): Step | undefined {
    const kept = this.kept();
    const gone = this.held.filter((each) => !kept.some(isAt(each)));
    // Some may have come and gone again before the consumer was told.
    const released = this.owned.filter((each) => !kept.includes(each));
    if (gone.length === 0 && released.length === 0) return undefined;
    const { commits, groups, news } = this.deps;
    const partitions = gone.map(({ name }) => name);
    return {
      delivery: gone.length === 0 ? undefined : { kind: 'revoked', partitions },
      taken: async () => {
        this.held = this.held.filter((each) => !gone.includes(each));
        if (released.length === 0) return;
        await commits.write(() => {
          groups.release(this.options.group, this.id, released);
        });
        news.committed();
      },
    };
  }

  private assigned(): Step | undefined {
    const { messages } = this.deps;
    const added = this.kept().filter((each) => !this.held.some(isAt(each)));
    if (added.length === 0) return undefined;
    const topics = [...this.topics.values()];
    const begun = added.map(({ topic, partition, committed }): Held => {
      const name = topics.find(({ id }) => id === topic)?.name ?? '';
      const position = committed ?? messages.range(topic, partition).first;
      return { topic, partition, name: { topic: name, partition }, position };
    });
    this.held = [...this.held, ...begun];
    return { delivery: { kind: 'assigned', partitions: begun.map(({ name }) => name) } };
  }

  private nextMessages(): Step | undefined {
    const { messages } = this.deps;
    const { batchSize = DEFAULT_BATCH } = this.options;
    for (const each of this.held) {
      const { topic, partition, name } = each;
      const { first, next } = messages.range(topic, partition);
      if (each.position < first) this.skipTo(first, each);
      if (each.position >= next) continue;
      const found = messages.read(topic, { ...name, offset: each.position }, batchSize, MOST_BYTES);
      each.position += found.length;
      this.held = [...this.held.filter((other) => other !== each), each];
      return { delivery: { kind: 'messages', partition: name, messages: found } };
    }
    return undefined;
  }

  private skipTo(first: number, held: Held): void {
    const { topic, partition } = held.name;
    const { group } = this.options;
    this.deps.logger.warn(
      { group, topic, partition, from: held.position, first },
      `${group} missed ${first - held.position} messages of ${topic}: they were deleted before it had dealt with them`,
    );
    held.position = first;
  }

  private placeOf({ topic, partition }: TopicPartition): Place | undefined {
    const id = this.topics.get(topic)?.id;
    return id === undefined ? undefined : { topic: id, partition };
  }
}

const isAt =
  ({ topic, partition }: Place) =>
  (other: Place): boolean =>
    other.topic === topic && other.partition === partition;
