import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { type Logger } from '../../ports/logger.js';
import {
  type PartitionStatus,
  type TopicSpec,
  type TopicStatus,
  UnknownTopic,
} from '../../ports/message-log.js';
import { type Connection } from './connection.js';
import { typeOf } from './errors.js';
import { type Names } from './names.js';
import {
  allTopics,
  byTopic,
  readCommitted,
  readUncommitted,
  type WireCluster,
  type WirePartition,
} from './wire.js';

export interface Durability {
  readonly replicationFactor: number;
  /** How many replicas must have a message before it is acknowledged. */
  readonly minInsyncReplicas: number;
}

export interface TopicDependencies {
  readonly connection: Connection;
  readonly withAdmin: <T>(work: (admin: Admin) => Promise<T>) => Promise<T>;
  readonly names: Names;
  readonly durability: Durability;
  readonly logger: Logger;
}

interface Found {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly retentionMs: number | null;
}

const timeoutMs = 10_000;
const lookEveryMs = 20;
/** Longer than the transaction of a producer that died stays open. */
const decisionMs = 60_000;
/** How long what is known of a topic's retention is taken for true. */
const retentionAgeMs = 60_000;
/** Keeps the read of a checkpoint short: the log is compacted when a tenth of it is outdated. */
const compacted = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'min.cleanable.dirty.ratio', value: '0.1' },
  { name: 'segment.bytes', value: String(16 * 1024 * 1024) },
];

export class Topics {
  private readonly reported = new Set<string>();
  private retentions:
    { readonly at: number; readonly byTopic: ReadonlyMap<string, number | null> } | undefined;

  constructor(private readonly deps: TopicDependencies) {}

  /** Those that are there and differ are reported, once. */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    for (const { name, partitions } of specs) {
      if (!Number.isInteger(partitions) || partitions < 1) {
        throw new RangeError(`Topic ${name} cannot have ${partitions} partitions: 1 is the least.`);
      }
    }
    const { names } = this.deps;
    const wanted = new Map(specs.map((spec) => [names.outside(spec.name), spec]));
    await this.deps.withAdmin(async (admin) => {
      const known = await this.deps.connection.insist((cluster) => partitionsByTopic(cluster));
      const missing = [...wanted]
        .filter(([topic]) => !known.has(topic))
        .map(([topic, spec]) => this.made(topic, spec));
      if (!known.has(names.checkpoints)) missing.push(this.madeForCheckpoints());
      if (missing.length > 0) {
        await admin.createTopics({ topics: missing, timeout: timeoutMs, waitForLeaders: false });
        await this.untilThere(missing.map(({ topic }) => topic));
      }
      this.retentions = undefined;
      await this.compare(admin, wanted, known);
    });
  }

  async statuses(): Promise<readonly TopicStatus[]> {
    const { connection, names } = this.deps;
    const found = await connection.insist(async (cluster) => {
      const topics = [...(await partitionsByTopic(cluster)).keys()]
        .filter((topic) => names.isOurTopic(topic))
        .sort();
      const [first, next] = [
        await offsetsOf(cluster, topics, 'first'),
        await offsetsOf(cluster, topics, 'stable'),
      ];
      return topics.map((topic) => ({ topic, first: first.get(topic), next: next.get(topic) }));
    });
    const retentions = await this.retentionsOf(found.map(({ topic }) => topic));
    return found.map(({ topic, first = [], next = [] }) => ({
      name: names.inside(topic),
      partitions: next.length,
      retentionMs: retentions.get(topic) ?? null,
      status: next.map((offset, partition): PartitionStatus => ({
        partition,
        first: first[partition] ?? 0,
        next: offset,
      })),
    }));
  }

  /** By `topic/partition`, of all topics. */
  async ends(edge: Edge): Promise<ReadonlyMap<string, number>> {
    const { connection, names } = this.deps;
    const found = await connection.insist(async (cluster) => {
      const topics = [...(await partitionsByTopic(cluster)).keys()].filter((topic) =>
        names.isOurTopic(topic),
      );
      return offsetsOf(cluster, topics, edge);
    });
    return new Map(
      [...found].flatMap(([topic, offsets]) =>
        offsets.map((offset, partition): [string, number] => [`${names.inside(topic)}/${partition}`, offset]),
      ),
    );
  }

  /**
   * Resolves when all that is in the topics by now is decided: the parts of a transaction become visible one after
   * another, and none behind a transaction that is still open.
   */
  async decided(): Promise<void> {
    const deadline = Date.now() + decisionMs;
    const ends = await this.ends('end');
    for (;;) {
      const stable = await this.ends('stable');
      const open = [...ends].find(([name, end]) => (stable.get(name) ?? end) < end);
      if (open === undefined) return;
      if (Date.now() > deadline) {
        const what = `${open[0]} has had an open transaction for ${decisionMs / 1000} s`;
        throw this.deps.connection.unavailable(new Error(what));
      }
      await delay(lookEveryMs);
    }
  }

  /** Brokers learn of a new topic, and of who leads it, a moment after it has been made. */
  private async untilThere(topics: readonly string[]): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const known = await this.deps.connection.insist((cluster) => partitionsByTopic(cluster));
      const missing = topics.find((topic) => known.get(topic)?.every(({ leader }) => leader >= 0) !== true);
      if (missing === undefined) return;
      if (Date.now() > deadline) {
        throw this.deps.connection.unavailable(new Error(`Topic ${missing} was made and has no leader yet`));
      }
      await delay(lookEveryMs);
    }
  }

  private made(topic: string, { partitions, retentionMs }: TopicSpec): ITopicConfig {
    const { replicationFactor } = this.deps.durability;
    return {
      ...{ topic, numPartitions: partitions, replicationFactor },
      configEntries: [
        ...this.durable(),
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'retention.ms', value: String(retentionMs ?? -1) },
      ],
    };
  }

  private madeForCheckpoints(): ITopicConfig {
    const { names, durability } = this.deps;
    const { replicationFactor } = durability;
    const configEntries = [...this.durable(), ...compacted];
    return { topic: names.checkpoints, numPartitions: 1, replicationFactor, configEntries };
  }

  private durable() {
    return [{ name: 'min.insync.replicas', value: String(this.deps.durability.minInsyncReplicas) }];
  }

  private async compare(
    admin: Admin,
    wanted: ReadonlyMap<string, TopicSpec>,
    known: ReadonlyMap<string, readonly WirePartition[]>,
  ): Promise<void> {
    const existing = [...wanted.keys()].filter((topic) => known.has(topic));
    if (existing.length === 0) return;
    const configs = await configsOf(admin, existing);
    for (const topic of existing) {
      const { partitions, retentionMs, name } = wanted.get(topic) ?? {
        partitions: 0,
        retentionMs: 0,
        name: topic,
      };
      const config = configs.get(topic);
      const found: Found = {
        partitions: known.get(topic)?.length ?? 0,
        replicationFactor: known.get(topic)?.[0]?.replicas.length ?? 0,
        minInsyncReplicas: Number(config?.get('min.insync.replicas')),
        retentionMs: retentionFrom(config?.get('retention.ms')),
      };
      this.report(name, { partitions, retentionMs, ...this.deps.durability }, found);
    }
  }

  private report(topic: string, wanted: Found, found: Found): void {
    const differences = (['partitions', 'replicationFactor', 'minInsyncReplicas', 'retentionMs'] as const)
      .filter((what) => wanted[what] !== found[what])
      .map((what) => `${what} ${found[what] ?? 'for ever'} instead of ${wanted[what] ?? 'for ever'}`);
    const text = `Topic ${topic} is there already and differs: ${differences.join(', ')}`;
    if (differences.length === 0 || this.reported.has(text)) return;
    this.reported.add(text);
    this.deps.logger.warn({ topic, wanted, found }, text);
  }

  private async retentionsOf(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    const known = this.retentions;
    const isRecent = known !== undefined && Date.now() - known.at < retentionAgeMs;
    if (isRecent && topics.every((topic) => known.byTopic.has(topic))) return known.byTopic;
    if (topics.length === 0) return new Map();
    const configs = await this.deps.withAdmin((admin) => configsOf(admin, topics));
    const byTopic = new Map(
      [...configs].map(([topic, config]) => [topic, retentionFrom(config.get('retention.ms'))]),
    );
    this.retentions = { at: Date.now(), byTopic };
    return byTopic;
  }
}

/**
 * From now on the cluster knows about these topics.
 * @param topics what the port calls them
 * @throws UnknownTopic
 */
export const know = async (cluster: WireCluster, topics: readonly string[], names: Names): Promise<void> => {
  try {
    await cluster.addMultipleTargetTopics(topics.map((topic) => names.outside(topic)));
  } catch (error) {
    if (!['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'].includes(typeOf(error) ?? '')) throw error;
    const known = await partitionsByTopic(cluster);
    const unknown = topics.find((topic) => !known.has(names.outside(topic)));
    // Otherwise it is one that it knew about before, and a new connection will not.
    throw unknown === undefined ? error : new UnknownTopic(unknown);
  }
};

/**
 * How many partitions a topic that it knows about has.
 * @param partition the last one that must be there
 * @throws UnknownTopic
 */
export const partitionsOf = async (
  cluster: WireCluster,
  topic: string,
  names: Names,
  partition = 0,
): Promise<number> => {
  const count = (): number => cluster.findTopicPartitionMetadata(names.outside(topic)).length;
  const isThere = (): boolean => Number.isInteger(partition) && partition >= 0 && partition < count();
  // Some may have been added since.
  if (!isThere()) await cluster.refreshMetadata();
  if (!isThere()) throw new UnknownTopic(topic);
  return count();
};

export const leaderOf = (cluster: WireCluster, topic: string, partition: number): string =>
  String(
    cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition)?.leader,
  );

/**
 * `first`: of the first message that is kept. `stable`: behind the last one before which everything is decided. `end`:
 * behind the last one, be it of a transaction that is still open.
 */
export type Edge = 'first' | 'stable' | 'end';

/** https://kafka.apache.org/protocol: ListOffsets, timestamp. */
const earliest = -2;
const latest = -1;

/** By topic, as the cluster calls it, and partition. */
export const offsetsOf = async (
  cluster: WireCluster,
  topics: readonly string[],
  edge: Edge,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  await cluster.addMultipleTargetTopics(topics);
  const places = topics.flatMap((topic) =>
    cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader })),
  );
  const timestamp = edge === 'first' ? earliest : latest;
  const answers = [...Map.groupBy(places, ({ leader }) => String(leader))].map(async ([nodeId, ofLeader]) => {
    const broker = await cluster.findBroker({ nodeId });
    return broker.listOffsets({
      isolationLevel: edge === 'end' ? readUncommitted : readCommitted,
      topics: byTopic(ofLeader, ({ partition }) => ({ partition, timestamp })),
    });
  });
  const offsets = new Map(topics.map((topic): [string, number[]] => [topic, []]));
  for (const { topic, partitions } of (await Promise.all(answers)).flatMap(({ responses }) => responses)) {
    for (const { partition, offset } of partitions) {
      const ofTopic = offsets.get(topic);
      if (ofTopic !== undefined) ofTopic[partition] = Number(offset);
    }
  }
  return offsets;
};

const partitionsByTopic = async (
  cluster: WireCluster,
): Promise<ReadonlyMap<string, readonly WirePartition[]>> => {
  const topics = await allTopics(cluster);
  return new Map(topics.map(({ topic, partitionMetadata }) => [topic, partitionMetadata]));
};

const configsOf = async (
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      ...{ type: kafkajs.ConfigResourceTypes.TOPIC, name },
      configNames: ['retention.ms', 'min.insync.replicas'],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
};

const retentionFrom = (value: string | undefined): number | null =>
  value === undefined || Number(value) < 0 ? null : Number(value);
