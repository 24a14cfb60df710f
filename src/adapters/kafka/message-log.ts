import { type Admin } from 'kafkajs';
import { type FaultPoints } from '../../ports/fault-points.js';
import { type Logger } from '../../ports/logger.js';
import {
  type GroupMember,
  type GroupOptions,
  type GroupStatus,
  type Message,
  type MessageLog,
  type NewMessage,
  type TopicOffset,
  type TopicSpec,
  type TopicStatus,
  type TransactionalProducer,
  UnknownTopic,
} from '../../ports/message-log.js';
import { readCheckpoint } from './checkpoints.js';
import { type Codec } from './compression.js';
import { Connection, type Site } from './connection.js';
import { typeOf } from './errors.js';
import { KafkaGroupMember } from './group-member.js';
import { committedOffsets, groupStatuses } from './groups.js';
import { type Names } from './names.js';
import { News } from './news.js';
import { Publisher } from './publisher.js';
import { pages } from './reading.js';
import { type Durability, know, leaderOf, offsetsOf, partitionsOf, Topics } from './topics.js';
import { openTransactional } from './transactions.js';
import { type WireCluster } from './wire.js';

export interface KafkaLogOptions {
  readonly site: Site;
  readonly names: Names;
  readonly durability: Durability;
  readonly codec: Codec;
  readonly logger: Logger;
  readonly reached: FaultPoints;
}

/** So many bytes of a page are asked for a message; a broker answers with whole batches. */
const bytesAMessage = 512;
const leastPage = 64 * 1024;
const largestPage = 1024 * 1024;

export class KafkaMessageLog implements MessageLog {
  private readonly connection: Connection;
  private readonly topicsOf: Topics;
  private readonly publisher: Publisher;
  private readonly latest: News;
  private readonly members = new Set<KafkaGroupMember>();

  constructor(private readonly options: KafkaLogOptions) {
    const { site, names, durability, codec, logger } = options;
    const { incidents } = site;
    this.connection = new Connection(site, 'reading and publishing');
    const { connection, withAdmin } = this;
    this.topicsOf = new Topics({ connection, withAdmin, names, durability, logger });
    this.publisher = new Publisher({ connection, names, codec, incidents });
    this.latest = new News(() => this.topicsOf.ends('stable'));
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.topicsOf.ensure(topics);
  }

  topics(): Promise<readonly TopicStatus[]> {
    return this.topicsOf.statuses();
  }

  async publish(messages: readonly NewMessage[]): Promise<readonly TopicOffset[]> {
    if (messages.length === 0) return [];
    const offsets = await this.publisher.publish(messages);
    this.latest.published(offsets);
    return offsets;
  }

  async openTransactional(slot: string): Promise<TransactionalProducer> {
    const { names, codec, reached, site } = this.options;
    const { incidents } = site;
    const { connection } = this;
    const producer = await openTransactional(slot, { connection, names, codec, incidents, reached });
    return {
      checkpoint: () => producer.checkpoint(),
      commit: async (messages, checkpoint) => {
        const offsets = await producer.commit(messages, checkpoint);
        this.latest.published(offsets);
        return offsets;
      },
      close: () => producer.close(),
    };
  }

  async checkpoint(slot: string): Promise<string | undefined> {
    const { names } = this.options;
    try {
      const found = await this.connection.insist((cluster) => readCheckpoint(cluster, names, slot));
      // Whoever knows the checkpoint finds what it is about.
      await this.topicsOf.decided();
      return found;
    } catch (error) {
      // Nobody has made any topics yet.
      if (error instanceof UnknownTopic) return undefined;
      throw error;
    }
  }

  read(from: TopicOffset, limit: number): Promise<readonly Message[]> {
    return this.connection.insist((cluster) => this.readFrom(cluster, from, limit));
  }

  news(signal: AbortSignal): Promise<void> {
    return this.latest.next(signal);
  }

  async join(options: GroupOptions): Promise<GroupMember> {
    const { names, site, logger } = this.options;
    await this.connection.insist((cluster) => know(cluster, options.topics, names));
    const connection = new Connection(site, `the group ${options.group}`);
    const deps = { connection, names, incidents: site.incidents, logger };
    const member = new KafkaGroupMember(options, deps, (left) => this.members.delete(left));
    this.members.add(member);
    try {
      await member.join();
    } catch (error) {
      await member.close();
      throw error;
    }
    return member;
  }

  committed(group: string): Promise<readonly TopicOffset[]> {
    return committedOffsets({ connection: this.connection, names: this.options.names }, group);
  }

  groups(): Promise<readonly GroupStatus[]> {
    const { connection, withAdmin } = this;
    return groupStatuses({ connection, withAdmin, names: this.options.names });
  }

  /** A real request, since a connection alone says nothing about rights. @throws StorageUnavailable */
  async check(): Promise<void> {
    try {
      await this.connection.run((cluster) => cluster.metadata());
    } catch (error) {
      throw this.connection.translate(error);
    }
  }

  /** Its members leave their groups. */
  async close(): Promise<void> {
    this.latest.close();
    await Promise.all([...this.members].map((member) => member.close()));
    await this.connection.close();
  }

  private async readFrom(
    cluster: WireCluster,
    { topic, partition, offset }: TopicOffset,
    limit: number,
  ): Promise<readonly Message[]> {
    const { names } = this.options;
    await know(cluster, [topic], names);
    await partitionsOf(cluster, topic, names, partition);
    const place = { topic: names.outside(topic), partition };
    const bytes = Math.min(largestPage, Math.max(leastPage, limit * bytesAMessage));
    const broker = await cluster.findBroker({ nodeId: leaderOf(cluster, place.topic, partition) });
    const found: Message[] = [];
    try {
      for await (const { messages } of pages(broker, { ...place, offset }, bytes)) {
        found.push(...messages.slice(0, limit - found.length).map((message) => ({ ...message, topic })));
        if (found.length >= limit) break;
      }
    } catch (error) {
      if (typeOf(error) !== 'OFFSET_OUT_OF_RANGE') throw error;
      const first = (await offsetsOf(cluster, [place.topic], 'first')).get(place.topic)?.[partition] ?? 0;
      // Behind the end there is nothing; before the first one that is kept, there is that one.
      return offset >= first ? [] : this.readFrom(cluster, { topic, partition, offset: first }, limit);
    }
    return found;
  }

  private readonly withAdmin = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = this.options.site.kafka.admin();
    try {
      await admin.connect();
      return await work(admin);
    } catch (error) {
      throw this.connection.translate(error);
    } finally {
      await admin.disconnect();
    }
  };
}
