import { type NewMessage, type TopicOffset } from '../../ports/message-log.js';
import { partitionOf } from '../embedded/partitioner.js';
import { type Codec } from './compression.js';
import { type Names } from './names.js';
import { produce } from './produce-request.js';
import { type Content, encodeRecordBatch, mostBytesOf } from './record-batch.js';
import { know, leaderOf, partitionsOf } from './topics.js';
import { type ProducerEpoch, type WireBroker, type WireCluster } from './wire.js';

/** Messages for one partition, which are sent as one batch. */
export interface Part {
  /** As the cluster calls it. */
  readonly topic: string;
  readonly partition: number;
  readonly contents: Content[];
  /** Where each of them is among those that are published together. */
  readonly indexes: number[];
}

/** A part as it is sent: sent again, it is still written once, by its place in the producer's sequence. */
export interface EncodedPart extends Part {
  readonly batch: Buffer;
}

/** A part that is in the log. */
export interface PlacedPart extends Part {
  /** The offset of its first message. */
  readonly base: number;
}

/** Below the 1 MiB that a broker takes as one batch unless it is told otherwise. */
const mostBatchBytes = 900_000;

/**
 * By partition; of each partition as many parts as batches are needed, in order.
 * @throws UnknownTopic
 */
export const partsOf = async (
  cluster: WireCluster,
  messages: readonly NewMessage[],
  names: Names,
): Promise<readonly Part[]> => {
  const topics = [...new Set(messages.map(({ topic }) => topic))];
  await know(cluster, topics, names);
  const counts = new Map<string, number>();
  for (const topic of topics) counts.set(topic, await partitionsOf(cluster, topic, names));
  const now = Date.now();
  const anywhere = Math.random();
  const parts = new PartsByPartition();
  for (const [
    index,
    { topic, key, value, headers, partition: wanted, timestamp = now },
  ] of messages.entries()) {
    if (wanted !== undefined) await partitionsOf(cluster, topic, names, wanted);
    const count = counts.get(topic) ?? 0;
    const partition = wanted ?? (key === null ? Math.floor(anywhere * count) : partitionOf(key, count));
    parts.add(names.outside(topic), partition, { key, value, headers, timestamp }, index);
  }
  return parts.all;
};

class PartsByPartition {
  readonly all: Part[] = [];
  private readonly last = new Map<string, { readonly part: Part; bytes: number }>();

  add(topic: string, partition: number, content: Content, index: number): void {
    const bytes = mostBytesOf(content);
    const name = `${topic}/${partition}`;
    let current = this.last.get(name);
    if (current === undefined || current.bytes + bytes > mostBatchBytes) {
      current = { part: { topic, partition, contents: [], indexes: [] }, bytes: 0 };
      this.last.set(name, current);
      this.all.push(current.part);
    }
    current.bytes += bytes;
    current.part.contents.push(content);
    current.part.indexes.push(index);
  }
}

/**
 * One producer id. A failure of a batch that is not sent again with success leaves a hole in its sequence: the producer
 * must not be used any more.
 */
export class Producer {
  private readonly sequences = new Map<string, number>();

  constructor(
    readonly epoch: ProducerEpoch,
    private readonly codec: Codec,
    readonly transactionalId?: string,
  ) {}

  /** In the order in which they must be sent. */
  encode(parts: readonly Part[]): Promise<readonly EncodedPart[]> {
    const isTransactional = this.transactionalId !== undefined;
    const encoded = parts.map(async (part): Promise<EncodedPart> => {
      const name = `${part.topic}/${part.partition}`;
      const firstSequence = this.sequences.get(name) ?? 0;
      this.sequences.set(name, (firstSequence + part.contents.length) % 0x8000_0000);
      const head = { ...this.epoch, firstSequence, isTransactional };
      return { ...part, batch: await encodeRecordBatch(part.contents, head, this.codec) };
    });
    return Promise.all(encoded);
  }

  /** Acknowledged by all replicas in sync. @returns the offset of each part's first message */
  async send(cluster: WireCluster, parts: readonly EncodedPart[]): Promise<readonly PlacedPart[]> {
    const placed: PlacedPart[] = [];
    // Batches of one partition go one after another.
    for (const round of roundsOf(parts)) {
      const byLeader = Map.groupBy(round, ({ topic, partition }) => leaderOf(cluster, topic, partition));
      const sent = [...byLeader].map(async ([nodeId, ofLeader]) => {
        placed.push(...(await this.sendTo(await cluster.findBroker({ nodeId }), ofLeader)));
      });
      // All have come to rest before anything is said of any: they may be sent again.
      const failed = (await Promise.allSettled(sent)).find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
    return placed;
  }

  private async sendTo(broker: WireBroker, parts: readonly EncodedPart[]): Promise<readonly PlacedPart[]> {
    const { topics } = await produce(broker, this.transactionalId, parts);
    return parts.map((part) => {
      const { partitions } = topics.find(({ topicName }) => topicName === part.topic) ?? {};
      const answer = partitions?.find(({ partition }) => partition === part.partition);
      if (answer === undefined)
        throw new Error(`Kafka has not answered for ${part.topic}/${part.partition}.`);
      return { ...part, base: Number(answer.baseOffset) };
    });
  }
}

const roundsOf = <P extends Part>(parts: readonly P[]): P[][] => {
  const rounds: P[][] = [];
  const sent = new Map<string, number>();
  for (const part of parts) {
    const name = `${part.topic}/${part.partition}`;
    const round = sent.get(name) ?? 0;
    sent.set(name, round + 1);
    (rounds[round] ??= []).push(part);
  }
  return rounds;
};

/** Where each message is, in the order in which they were given. */
export const offsetsOf = (parts: readonly PlacedPart[], names: Names, count: number): TopicOffset[] => {
  const offsets = new Array<TopicOffset>(count);
  for (const { topic, partition, indexes, base } of parts) {
    let offset = base;
    for (const index of indexes) offsets[index] = { topic: names.inside(topic), partition, offset: offset++ };
  }
  return offsets;
};
