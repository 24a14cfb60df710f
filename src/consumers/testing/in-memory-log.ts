import { Bell } from '../../execution/bell.js';
import {
  Fenced,
  type GroupDelivery,
  type GroupMember,
  type GroupOptions,
  type GroupStatus,
  type Message,
  type MessageLog,
  type NewMessage,
  PartitionLost,
  type TopicOffset,
  type TopicPartition,
  type TopicSpec,
  type TopicStatus,
  type TransactionalProducer,
  UnknownTopic,
} from '../../ports/message-log.js';

/** A message log that forgets everything with the process, and whose rebalances a test can bring about. */
export class InMemoryLog implements MessageLog {
  /** What goes wrong next, and every time until it is taken away. */
  readonly faults = new Map<'join' | 'commit' | 'publish', Error>();
  readonly bell = new Bell();
  private readonly specs = new Map<string, TopicSpec>();
  private readonly partitions = new Map<string, Message[]>();
  private readonly groupsByName = new Map<string, Group>();
  private readonly slots = new Map<string, { checkpoint?: string; epoch: number }>();

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const spec of topics) {
      if (this.specs.has(spec.name)) continue;
      this.specs.set(spec.name, spec);
      for (let partition = 0; partition < spec.partitions; partition += 1) {
        this.partitions.set(nameOf({ topic: spec.name, partition }), []);
      }
    }
    return Promise.resolve();
  }

  topics(): Promise<readonly TopicStatus[]> {
    const status = (spec: TopicSpec): TopicStatus => ({
      ...spec,
      status: this.partitionsOf(spec.name).map((at) => ({
        partition: at.partition,
        first: 0,
        next: this.messages(at).length,
      })),
    });
    return Promise.resolve([...this.specs.values()].map(status));
  }

  async publish(messages: readonly NewMessage[]): Promise<readonly TopicOffset[]> {
    await this.orFault('publish');
    const placed = messages.map((message) => ({ message, at: this.partitionFor(message) }));
    const offsets = placed.map(({ message, at }) => {
      const { key, value, headers, timestamp = Date.now() } = message;
      const log = this.messages(at);
      const offset = log.length;
      log.push({ ...at, offset, timestamp, key, value, headers });
      return { ...at, offset };
    });
    this.bell.ring();
    return offsets;
  }

  checkpoint(slot: string): Promise<string | undefined> {
    return Promise.resolve(this.slots.get(slot)?.checkpoint);
  }

  openTransactional(slot: string): Promise<TransactionalProducer> {
    const state = this.slots.get(slot) ?? { epoch: 0 };
    this.slots.set(slot, state);
    const epoch = (state.epoch += 1);
    return Promise.resolve({
      checkpoint: () => Promise.resolve(state.checkpoint),
      commit: async (messages, checkpoint) => {
        if (state.epoch !== epoch) throw new Fenced(slot);
        const offsets = await this.publish(messages);
        state.checkpoint = checkpoint;
        return offsets;
      },
      close: () => Promise.resolve(),
    });
  }

  read({ offset, ...at }: TopicOffset, limit: number): Promise<readonly Message[]> {
    return Promise.resolve(this.messages(at).slice(offset, offset + limit));
  }

  news(signal: AbortSignal): Promise<void> {
    return this.bell.rung(signal);
  }

  async join(options: GroupOptions): Promise<GroupMember> {
    await this.orFault('join');
    return this.group(options.group).join(options);
  }

  committed(group: string): Promise<readonly TopicOffset[]> {
    return Promise.resolve([...this.group(group).committed.values()]);
  }

  groups(): Promise<readonly GroupStatus[]> {
    return Promise.resolve([...this.groupsByName.values()].map((group) => group.status));
  }

  close(): Promise<void> {
    for (const group of this.groupsByName.values()) group.closeAll();
    return Promise.resolve();
  }

  /** As when the members of the group were not heard of for too long: they lose all, and learn of it when they commit. */
  expire(group: string): void {
    this.group(group).expire();
  }

  messages(at: TopicPartition): Message[] {
    const messages = this.partitions.get(nameOf(at));
    if (messages === undefined) throw new UnknownTopic(at.topic);
    return messages;
  }

  partitionsOf(topic: string): readonly TopicPartition[] {
    const count = this.specs.get(topic)?.partitions;
    if (count === undefined) throw new UnknownTopic(topic);
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  }

  async orFault(what: 'join' | 'commit' | 'publish'): Promise<void> {
    const fault = this.faults.get(what);
    if (fault !== undefined) throw fault;
    await Promise.resolve();
  }

  private group(name: string): Group {
    const group = this.groupsByName.get(name) ?? new Group(this, name);
    this.groupsByName.set(name, group);
    return group;
  }

  private partitionFor({ topic, key, partition }: NewMessage): TopicPartition {
    const { length } = this.partitionsOf(topic);
    const sum = [...(key ?? [])].reduce((total, byte) => (total * 31 + byte) % 65_521, 7);
    return { topic, partition: partition ?? sum % length };
  }
}

class Group {
  readonly committed = new Map<string, TopicOffset>();
  private members: Member[] = [];
  private readonly owners = new Map<string, Member>();

  constructor(
    readonly log: InMemoryLog,
    private readonly name: string,
  ) {}

  get status(): GroupStatus {
    const topics = [...new Set(this.members.flatMap(({ options }) => options.topics))];
    return {
      group: this.name,
      members: this.members.length,
      partitions: topics
        .flatMap((topic) => this.log.partitionsOf(topic))
        .map((at) => ({
          ...at,
          committed: this.committed.get(nameOf(at))?.offset ?? null,
          next: this.log.messages(at).length,
          member: this.owners.has(nameOf(at)) ? 'member' : null,
        })),
    };
  }

  join(options: GroupOptions): Member {
    const member = new Member(this, options);
    this.members.push(member);
    this.rebalance();
    return member;
  }

  leave(member: Member): void {
    this.members = this.members.filter((each) => each !== member);
    for (const [name, owner] of this.owners) if (owner === member) this.owners.delete(name);
    this.rebalance();
  }

  release(member: Member, partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      if (this.owners.get(nameOf(at)) === member) this.owners.delete(nameOf(at));
    }
    this.rebalance();
  }

  expire(): void {
    this.owners.clear();
    for (const member of this.members.splice(0)) member.forget();
  }

  closeAll(): void {
    for (const member of this.members) void member.close();
  }

  isOwner(member: Member, at: TopicPartition): boolean {
    return this.owners.get(nameOf(at)) === member;
  }

  private rebalance(): void {
    const topics = [...new Set(this.members.flatMap(({ options }) => options.topics))];
    const partitions = topics.flatMap((topic) => this.log.partitionsOf(topic));
    for (const [index, at] of partitions.entries()) {
      const target = this.members[index % this.members.length];
      const owner = this.owners.get(nameOf(at));
      if (owner === undefined && target !== undefined) {
        this.owners.set(nameOf(at), target);
        target.assign(at, this.committed.get(nameOf(at))?.offset ?? 0);
      } else if (owner !== target) {
        owner?.revoke(at);
      }
    }
    this.log.bell.ring();
  }
}

class Member implements GroupMember {
  private readonly positions = new Map<string, TopicOffset>();
  private changes: GroupDelivery[] = [];
  private readonly closed = new AbortController();

  constructor(
    private readonly group: Group,
    readonly options: GroupOptions,
  ) {}

  assign(at: TopicPartition, offset: number): void {
    this.positions.set(nameOf(at), { ...at, offset });
    this.changes.push({ kind: 'assigned', partitions: [at] });
  }

  revoke(at: TopicPartition): void {
    if (!this.positions.delete(nameOf(at))) return;
    this.changes.push({ kind: 'revoked', partitions: [at] });
  }

  forget(): void {
    this.positions.clear();
    this.changes = [];
  }

  async commit(offsets: readonly TopicOffset[]): Promise<void> {
    await this.group.log.orFault('commit');
    for (const at of offsets) if (!this.group.isOwner(this, at)) throw new PartitionLost(at);
    for (const at of offsets) this.group.committed.set(nameOf(at), at);
  }

  close(): Promise<void> {
    if (!this.closed.signal.aborted) {
      this.closed.abort();
      this.group.leave(this);
    }
    return Promise.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GroupDelivery, void, undefined> {
    const { signal } = this.closed;
    const isClosed = (): boolean => signal.aborted;
    while (!isClosed()) {
      const delivery = this.changes.shift() ?? this.nextMessages();
      if (delivery === undefined) {
        await this.group.log.bell.rung(signal);
        continue;
      }
      yield delivery;
      if (delivery.kind === 'revoked') this.group.release(this, delivery.partitions);
    }
  }

  /** Of the partition whose turn it is. */
  private nextMessages(): GroupDelivery | undefined {
    for (const [name, from] of this.positions) {
      const { offset, ...partition } = from;
      const messages = this.group.log
        .messages(partition)
        .slice(offset, offset + (this.options.batchSize ?? 500));
      if (messages.length === 0) continue;
      this.positions.delete(name);
      this.positions.set(name, { ...partition, offset: offset + messages.length });
      return { kind: 'messages', partition, messages };
    }
    return undefined;
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
