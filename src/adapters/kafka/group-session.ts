import { Bell } from '../../execution/bell.js';
import { pause, withPatience } from '../../execution/pause.js';
import { type TopicPartition } from '../../ports/message-log.js';
import {
  assign,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  nameOf,
  protocolName,
} from './assignment.js';
import { type Connection } from './connection.js';
import { isPassing, reasonOf, typeOf } from './errors.js';
import { type Incidents } from './incidents.js';
import { byTopic, type WireBroker, type WireCluster, type WirePartitions } from './wire.js';

export interface SessionOptions {
  /** As the cluster calls them. */
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
}

/** Whose membership it is. */
export interface SessionOwner {
  /** What it has not let go. */
  owned(): readonly TopicPartition[];
  assigned(partitions: readonly TopicPartition[]): void;
  /** It was taken for dead: all that it had may be somebody else's. */
  expelled(): void;
  /** The membership was confirmed. */
  heard(): void;
}

/** So soon a member learns that its group is rearranged. */
const heartbeatMs = 300;
const mostPauseMs = 2_000;
/** How long beyond a session a commit waits for its group to come to rest, or for Kafka to come back. */
const settlingMs = 10_000;

const speaksOfMembership = (error: unknown): boolean =>
  ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'].includes(typeOf(error) ?? '');

/**
 * The membership in a group on the wire (https://kafka.apache.org/protocol: JoinGroup, SyncGroup, Heartbeat): says
 * that it lives whatever its owner does, and joins again when the group is rearranged, when it was expelled and when
 * Kafka was away, for ever.
 */
export class GroupSession {
  private readonly closing = new AbortController();
  private readonly bell = new Bell();
  private memberId = '';
  private generation = -1;
  private heardAt = 0;
  /** Why the group is to be arranged. */
  private wanted: string | undefined = 'joined';
  private arranging = false;
  private coordinator: { readonly cluster: WireCluster; readonly broker: WireBroker } | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: SessionOptions,
    private readonly connection: Connection,
    private readonly owner: SessionOwner,
    private readonly incidents: Incidents,
  ) {}

  /** Resolves when it is a member. @throws StorageUnavailable */
  async join(): Promise<void> {
    while (this.isUnsettled && !this.closing.signal.aborted) {
      try {
        await this.connection.insist((cluster) => this.arrange(cluster));
      } catch (error) {
        if (!this.takesNote(error)) throw error;
      }
    }
    this.running = this.keep();
  }

  /** Whether Kafka has confirmed the membership recently enough that nobody else can have what it has. */
  get isCurrent(): boolean {
    return Date.now() - this.heardAt < this.options.sessionTimeoutMs;
  }

  /** The group is to be arranged once more. */
  rearrange(reason: string): void {
    this.wanted ??= reason;
    this.bell.ring();
  }

  /**
   * Waits as long as the group is being rearranged.
   * @param check throws when the owner has lost one of them
   */
  async commit(
    offsets: readonly (TopicPartition & { readonly offset: number })[],
    check: () => void,
  ): Promise<void> {
    const topics = byTopic(offsets, ({ partition, offset }) => ({ partition, offset: String(offset) }));
    const deadline = Date.now() + this.options.sessionTimeoutMs + settlingMs;
    for (;;) {
      await this.settled(deadline);
      check();
      const { memberId, generation } = this;
      try {
        await this.connection.insist(async (cluster) => {
          check();
          await this.send(cluster, topics);
        }, deadline - Date.now());
        return;
      } catch (error) {
        const isOutdated = memberId !== this.memberId || generation !== this.generation;
        if (isOutdated ? !speaksOfMembership(error) : !this.takesNote(error)) throw error;
      }
    }
  }

  /** The offset of the next message to deal with, of those of these partitions that have one. */
  async committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    const { groupId } = this.options;
    const topics = byTopic(partitions, ({ partition }) => ({ partition }));
    const { responses } = await this.connection.insist(async (cluster) =>
      (await this.coordinatorOf(cluster)).offsetFetch({ groupId, topics }),
    );
    return new Map(
      responses
        .flatMap(({ topic, partitions: found }) =>
          found.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
        )
        .filter(({ offset }) => offset >= 0)
        .map((each): [string, number] => [nameOf(each), each.offset]),
    );
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
    const { groupId } = this.options;
    const { memberId } = this;
    if (memberId === '') return;
    await this.connection.run(async (cluster) =>
      (await this.coordinatorOf(cluster)).leaveGroup({ groupId, memberId }),
    );
  }

  private async keep(): Promise<void> {
    const { signal } = this.closing;
    for (let failures = 0; !signal.aborted;) {
      try {
        if (this.wanted === undefined) {
          await withPatience(heartbeatMs, signal, (patience) => this.bell.rung(patience));
          if (this.isWanted || this.isOver) continue;
        }
        await this.connection.run((cluster) =>
          this.isWanted ? this.arrange(cluster) : this.heartbeat(cluster),
        );
        failures = 0;
      } catch (error) {
        if (this.takesNote(error)) continue;
        failures += 1;
        this.report(error, failures);
        await pause(Math.min(mostPauseMs, 50 * 2 ** failures), signal);
      }
    }
  }

  private get isOver(): boolean {
    return this.closing.signal.aborted;
  }

  private get isWanted(): boolean {
    return this.wanted !== undefined;
  }

  private get isUnsettled(): boolean {
    return this.isWanted || this.arranging;
  }

  private async settled(deadline: number): Promise<void> {
    const { signal } = this.closing;
    while (this.isUnsettled && !signal.aborted) {
      const left = deadline - Date.now();
      if (left <= 0) {
        const { groupId } = this.options;
        throw this.connection.unavailable(
          new Error(`The group ${groupId} is being rearranged for too long.`),
        );
      }
      await withPatience(left, signal, (patience) => this.bell.rung(patience));
    }
  }

  private async heartbeat(cluster: WireCluster): Promise<void> {
    const { groupId } = this.options;
    const sentAt = Date.now();
    const coordinator = await this.coordinatorOf(cluster);
    await coordinator.heartbeat({ groupId, memberId: this.memberId, groupGenerationId: this.generation });
    this.heard(sentAt);
  }

  /** Joins and is told what it has. */
  private async arrange(cluster: WireCluster): Promise<void> {
    const reason = this.wanted ?? 'joined';
    this.arranging = true;
    // What is wanted from now on is wanted once more.
    this.wanted = undefined;
    try {
      await this.joinAndSync(cluster, reason);
    } catch (error) {
      this.wanted ??= reason;
      throw error;
    } finally {
      this.arranging = false;
      this.bell.ring();
    }
  }

  private async joinAndSync(cluster: WireCluster, reason: string): Promise<void> {
    const { groupId, topics, sessionTimeoutMs } = this.options;
    await cluster.addMultipleTargetTopics(topics);
    const coordinator = await this.coordinatorOf(cluster);
    const { generationId, memberId, leaderId, members } = await coordinator.joinGroup({
      ...{
        groupId,
        memberId: this.memberId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: sessionTimeoutMs,
      },
      groupProtocols: [
        { name: protocolName, metadata: encodeSubscription({ topics, owned: this.owner.owned() }) },
      ],
    });
    this.memberId = memberId;
    this.generation = generationId;
    const sentAt = Date.now();
    const { memberAssignment } = await coordinator.syncGroup({
      ...{ groupId, generationId, memberId },
      groupAssignment: leaderId === memberId ? await this.assignments(cluster, members) : [],
    });
    this.heard(sentAt);
    const partitions = decodeAssignment(memberAssignment);
    this.incidents.note(
      'rebalance',
      reason,
      { group: groupId, member: memberId, generation: generationId, partitions: partitions.length },
      `The group ${groupId} has been rearranged: this member has ${partitions.length} partitions`,
    );
    this.owner.assigned(partitions);
  }

  private async assignments(
    cluster: WireCluster,
    members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
  ): Promise<readonly { readonly memberId: string; readonly memberAssignment: Buffer }[]> {
    const subscribers = members.map(({ memberId, memberMetadata }) =>
      decodeSubscription(memberId, memberMetadata),
    );
    const topics = [...new Set(subscribers.flatMap((each) => each.topics))].sort();
    await cluster.addMultipleTargetTopics(topics);
    const partitions = topics.flatMap((topic) =>
      cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId: partition }) => ({ topic, partition }))
        .sort((a, b) => a.partition - b.partition),
    );
    return [...assign(subscribers, partitions)].map(([memberId, assigned]) => ({
      memberId,
      memberAssignment: encodeAssignment(assigned),
    }));
  }

  private async send(
    cluster: WireCluster,
    topics: readonly WirePartitions<{ readonly partition: number; readonly offset: string }>[],
  ): Promise<void> {
    const { groupId } = this.options;
    const coordinator = await this.coordinatorOf(cluster);
    await coordinator.offsetCommit({
      groupId,
      memberId: this.memberId,
      groupGenerationId: this.generation,
      topics,
    });
  }

  /** What an answer says about the membership. @returns whether that is all that it says */
  private takesNote(error: unknown): boolean {
    if (!speaksOfMembership(error)) return false;
    const type = typeOf(error) ?? '';
    if (type !== 'UNKNOWN_MEMBER_ID') {
      this.rearrange(type);
      return true;
    }
    const { groupId } = this.options;
    if (this.memberId !== '') {
      const { memberId: member, generation } = this;
      this.incidents.note(
        'expelled',
        type,
        { group: groupId, member, generation },
        `A member of ${groupId} was not heard of for its session: it has lost its partitions and joins again`,
      );
    }
    this.memberId = '';
    this.owner.expelled();
    this.rearrange(type);
    return true;
  }

  private report(error: unknown, failures: number): void {
    // The connection has told of its own failures.
    if (isPassing(error)) return;
    const { groupId } = this.options;
    this.incidents.note(
      'reconnect',
      reasonOf(error),
      { error: String(error), group: groupId, failures },
      `A member of ${groupId} could not take part; it tries again`,
    );
  }

  private heard(sentAt: number): void {
    this.heardAt = sentAt;
    this.owner.heard();
  }

  private async coordinatorOf(cluster: WireCluster): Promise<WireBroker> {
    if (this.coordinator?.cluster !== cluster) {
      const { groupId } = this.options;
      this.coordinator = { cluster, broker: await cluster.findGroupCoordinator({ groupId }) };
    }
    return this.coordinator.broker;
  }
}
