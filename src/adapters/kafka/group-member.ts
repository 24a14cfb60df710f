import { setTimeout as delay } from 'node:timers/promises';
import { Bell } from '../../execution/bell.js';
import { pause } from '../../execution/pause.js';
import { type Logger } from '../../ports/logger.js';
import {
  type GroupDelivery,
  type GroupMember,
  type GroupOptions,
  type Message,
  PartitionLost,
  type TopicOffset,
  type TopicPartition,
} from '../../ports/message-log.js';
import { nameOf } from './assignment.js';
import { type Connection } from './connection.js';
import { isPassing, placeOf, typeOf } from './errors.js';
import { GroupSession } from './group-session.js';
import { type Incidents } from './incidents.js';
import { type Names } from './names.js';
import { type Fetched, fetchFrom } from './reading.js';
import { leaderOf, offsetsOf } from './topics.js';
import { type WireCluster } from './wire.js';

export interface MemberDependencies {
  /** Its own: whoever waits for a group to be rearranged keeps a connection from everything else. */
  readonly connection: Connection;
  readonly names: Names;
  readonly incidents: Incidents;
  readonly logger: Logger;
}

/** A partition that the consumer has been told is its own. Names are the cluster's. */
interface Held extends TopicPartition {
  /** The offset of the next message to fetch. */
  position: number;
  /** What has been committed, at least. */
  committed: number;
  /** Fetched and not delivered yet. */
  ahead: readonly Message[];
  /** The member was expelled since. */
  lost: boolean;
}

const defaultBatch = 500;
/** Of one partition at a time. */
const fetchBytes = 1024 * 1024;
/** How long a broker waits for messages before it answers that there are none. */
const fetchWaitMs = 250;
const mostPauseMs = 2_000;
/** What brokers allow unless they are told otherwise (group.min.session.timeout.ms). */
const leastSessionMs = 6_000;
/** A broker that does not answer learns of the end when the session runs out. */
const farewellMs = 2_000;

/** Fetches when there is nothing left to deliver: at most one answer of each broker is in memory. */
export class KafkaGroupMember implements GroupMember {
  private readonly over = new AbortController();
  private closing: Promise<void> | undefined;
  private readonly session: GroupSession;
  /** What the group has given it; the same object for as long as it stays so. */
  private assigned: ReadonlyMap<string, TopicPartition> = new Map();
  /** The one that was delivered from last is the last. */
  private readonly held = new Map<string, Held>();
  private readonly commits = new Set<Promise<void>>();
  private readonly bell = new Bell();
  /** Grows with every ring. */
  private version = 0;
  private failure: { readonly error: unknown } | undefined;
  private failures = 0;
  private fetching = false;
  private readonly deliveries;

  constructor(
    private readonly options: GroupOptions,
    private readonly deps: MemberDependencies,
    private readonly onLeave: (member: KafkaGroupMember) => void,
  ) {
    const { connection, names, incidents } = deps;
    const { group, topics, sessionTimeoutMs } = options;
    const outside = topics.map((topic) => names.outside(topic));
    this.session = new GroupSession(
      {
        groupId: names.outside(group),
        topics: outside,
        sessionTimeoutMs: Math.max(sessionTimeoutMs, leastSessionMs),
      },
      connection,
      {
        owned: () => [...new Map<string, TopicPartition>([...this.assigned, ...this.held]).values()],
        assigned: (partitions) => {
          this.assign(partitions);
        },
        expelled: () => {
          this.loseAll();
        },
        heard: () => {
          this.changed();
        },
      },
      incidents,
    );
    this.deliveries = this.deliver();
  }

  /** @throws StorageUnavailable */
  join(): Promise<void> {
    return this.session.join();
  }

  [Symbol.asyncIterator](): AsyncIterator<GroupDelivery> {
    return this.deliveries;
  }

  async commit(offsets: readonly TopicOffset[]): Promise<void> {
    const { names } = this.deps;
    for (const { topic, partition, offset } of offsets) {
      if (Number.isSafeInteger(offset) && offset >= 0) continue;
      throw new RangeError(`${offset} is no offset that could be committed for ${topic}/${partition}.`);
    }
    const committed = offsets.map((each) => {
      const held = this.held.get(nameOf({ ...each, topic: names.outside(each.topic) }));
      if (held === undefined) throw new PartitionLost(each);
      return { held, offset: each.offset, place: each };
    });
    const check = (): void => {
      const gone = committed.find(
        ({ held }) => this.isOver || held.lost || this.held.get(nameOf(held)) !== held,
      );
      if (gone !== undefined) throw new PartitionLost(gone.place);
    };
    check();
    // Kafka would take an earlier one, too.
    const news = committed.filter(({ held, offset }) => offset > held.committed);
    if (news.length === 0) return;
    const toCommit = news.map(({ held: { topic, partition }, offset }) => ({ topic, partition, offset }));
    const saved = this.session.commit(toCommit, check);
    this.commits.add(saved);
    try {
      await saved;
    } finally {
      this.commits.delete(saved);
    }
    for (const { held, offset } of news) held.committed = Math.max(held.committed, offset);
  }

  close(): Promise<void> {
    return (this.closing ??= this.leave());
  }

  private get isOver(): boolean {
    return this.over.signal.aborted;
  }

  private async leave(): Promise<void> {
    this.over.abort();
    this.onLeave(this);
    const left = Promise.all([this.leaveGroup(), Promise.allSettled(this.commits)]);
    await Promise.race([left, delay(farewellMs, undefined, { ref: false })]);
    await this.deps.connection.close();
    await left;
  }

  private async leaveGroup(): Promise<void> {
    try {
      await this.session.close();
    } catch (error) {
      const { group } = this.options;
      this.deps.logger.warn(
        { error: String(error), group },
        `A member could not leave ${group}; its session will run out`,
      );
    }
  }

  private assign(partitions: readonly TopicPartition[]): void {
    const before = this.assigned;
    this.assigned = new Map(
      partitions.map((each): [string, TopicPartition] => [nameOf(each), before.get(nameOf(each)) ?? each]),
    );
    // The consumer was never told of it: it is let go at once.
    const released = [...before.keys()].some((name) => !this.assigned.has(name) && !this.held.has(name));
    if (released) this.session.rearrange('released');
    this.changed();
  }

  private loseAll(): void {
    this.assigned = new Map();
    for (const held of this.held.values()) {
      held.lost = true;
      held.ahead = [];
    }
    this.changed();
  }

  private changed(): void {
    this.version += 1;
    this.bell.ring();
  }

  private async *deliver(): AsyncGenerator<GroupDelivery, void, undefined> {
    const { signal } = this.over;
    const isOver = (): boolean => this.isOver;
    try {
      while (!isOver()) {
        const { version } = this;
        const gone = [...this.held.values()].filter((each) => each.lost || !this.assigned.has(nameOf(each)));
        if (gone.length > 0) {
          yield { kind: 'revoked', partitions: gone.map((each) => this.inside(each)) };
          this.release(gone);
          continue;
        }
        const delivery = (await this.begin()) ?? this.nextMessages();
        if (isOver()) return;
        if (delivery !== undefined) yield delivery;
        else if (version === this.version) await this.bell.rung(signal);
      }
    } finally {
      await this.close();
    }
  }

  private release(gone: readonly Held[]): void {
    for (const each of gone) this.held.delete(nameOf(each));
    // Somebody waits for them.
    if (gone.some((each) => !each.lost && !this.assigned.has(nameOf(each))))
      this.session.rearrange('released');
  }

  /** What the consumer is to be told is its own, with where to begin. */
  private async begin(): Promise<GroupDelivery | undefined> {
    const added = [...this.assigned].filter(([name]) => !this.held.has(name));
    if (added.length === 0) return undefined;
    const places = added.map(([, place]) => place);
    const committed = await this.session.committed(places);
    const first = await this.firstOffsets(places.filter((place) => !committed.has(nameOf(place))));
    const begun: Held[] = [];
    for (const [name, place] of added) {
      // It may have passed on, and come back, meanwhile.
      if (this.assigned.get(name) !== place) continue;
      const position = committed.get(name) ?? first.get(name) ?? 0;
      const held = {
        ...place,
        position,
        committed: committed.get(name) ?? 0,
        ahead: [],
        lost: false,
      };
      this.held.set(name, held);
      begun.push(held);
    }
    return begun.length === 0
      ? undefined
      : { kind: 'assigned', partitions: begun.map((each) => this.inside(each)) };
  }

  private async firstOffsets(places: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    if (places.length === 0) return new Map();
    const topics = [...new Set(places.map(({ topic }) => topic))];
    const first = await this.deps.connection.insist((cluster) => offsetsOf(cluster, topics, 'first'));
    return new Map(places.map((place) => [nameOf(place), first.get(place.topic)?.[place.partition] ?? 0]));
  }

  private nextMessages(): GroupDelivery | undefined {
    if (this.failure !== undefined) throw this.deps.connection.translate(this.failure.error);
    // Otherwise they may be somebody else's; the next heartbeat tells.
    if (!this.session.isCurrent) return undefined;
    const { batchSize = defaultBatch } = this.options;
    for (const [name, held] of this.held) {
      if (held.ahead.length === 0) continue;
      const messages = held.ahead.slice(0, batchSize);
      held.ahead = held.ahead.slice(batchSize);
      this.held.delete(name);
      this.held.set(name, held);
      return { kind: 'messages', partition: this.inside(held), messages };
    }
    if (this.held.size > 0 && !this.fetching) void this.fetch([...this.held.values()]);
    return undefined;
  }

  /**
   * Never fails: what cannot pass is thrown to the consumer. One at a time, since a broker answers the requests of a
   * connection one after the other, each when there is something or its wait is over.
   */
  private async fetch(idle: readonly Held[]): Promise<void> {
    this.fetching = true;
    try {
      await this.deps.connection.run((cluster) => this.fetchFromLeaders(cluster, idle));
      this.failures = 0;
    } catch (error) {
      await this.recover(error).catch((failed: unknown) => {
        this.failure = { error: failed };
      });
    } finally {
      this.fetching = false;
      this.changed();
    }
  }

  private async fetchFromLeaders(cluster: WireCluster, idle: readonly Held[]): Promise<void> {
    await cluster.addMultipleTargetTopics([...new Set(idle.map(({ topic }) => topic))]);
    const byLeader = Map.groupBy(idle, ({ topic, partition }) => leaderOf(cluster, topic, partition));
    await Promise.all(
      [...byLeader].map(async ([nodeId, ofLeader]) => {
        const wanted = ofLeader.map(({ topic, partition, position }) => ({
          topic,
          partition,
          offset: position,
        }));
        const broker = await cluster.findBroker({ nodeId });
        for (const fetched of await fetchFrom(broker, wanted, fetchBytes, fetchWaitMs)) this.take(fetched);
        this.changed();
      }),
    );
  }

  private take({ messages, next, ...place }: Fetched): void {
    const held = this.held.get(nameOf(place));
    if (held === undefined || held.lost || held.position !== place.offset) return;
    const { topic } = this.inside(held);
    held.position = next;
    held.ahead = messages.map((message) => ({ ...message, topic }));
  }

  /** @throws what will not pass */
  private async recover(error: unknown): Promise<void> {
    if (typeOf(error) === 'OFFSET_OUT_OF_RANGE') return this.skip(error);
    if (!isPassing(error)) throw error;
    this.failures += 1;
    await pause(Math.min(mostPauseMs, 50 * 2 ** this.failures), this.over.signal);
  }

  /** To the first message that is kept. */
  private async skip(error: unknown): Promise<void> {
    const place = placeOf(error);
    const held = place && this.held.get(nameOf(place));
    if (held === undefined) return;
    const first = (await this.firstOffsets([held])).get(nameOf(held)) ?? 0;
    const { group } = this.options;
    const { topic, partition } = this.inside(held);
    this.deps.incidents.note(
      'skipped',
      'OFFSET_OUT_OF_RANGE',
      { group, topic, partition, from: held.position, first },
      `${group} wanted message ${held.position} of ${topic}, which is not there, and goes on with ${first}`,
    );
    held.position = first;
  }

  private inside({ topic, partition }: TopicPartition): TopicPartition {
    return { topic: this.deps.names.inside(topic), partition };
  }
}
