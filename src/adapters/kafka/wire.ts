import kafkajs, { type Cluster, type IHeaders, type Kafka } from 'kafkajs';
import { type WireResponse } from './internals.js';

/** Of a record batch's head, what readers need (https://kafka.apache.org/documentation/#recordbatch). */
export interface WireBatch {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

export interface WireRecord {
  readonly offset: string;
  /** Milliseconds since 1970. */
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  /** The same object for all records of a batch. */
  readonly batchContext: WireBatch;
}

export interface WireFetched {
  readonly topicName: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly lastStableOffset: string;
    readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
    readonly messages: readonly WireRecord[];
  }[];
}

export interface ProducerEpoch {
  readonly producerId: string;
  readonly producerEpoch: number;
}

export interface WirePartitions<Of> {
  readonly topic: string;
  readonly partitions: readonly Of[];
}

interface Transaction extends ProducerEpoch {
  readonly transactionalId: string;
}

/** As requests want them. */
export const byTopic = <Of extends { readonly topic: string }, To>(
  items: readonly Of[],
  to: (item: Of) => To,
): WirePartitions<To>[] =>
  [...Map.groupBy(items, ({ topic }) => topic)].map(([topic, of]) => ({ topic, partitions: of.map(to) }));

/** A connected node. Every method is one request of the protocol (https://kafka.apache.org/protocol). */
export interface WireBroker {
  /** For requests that are encoded here. */
  readonly connectionPool: {
    send<Answer>(protocol: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        /** Something that looks like kafkajs' encoder. */
        readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
      };
      readonly response: WireResponse<Answer>;
    }): Promise<Answer>;
  };
  fetch(request: {
    readonly isolationLevel: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: readonly WirePartitions<{
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }>[];
  }): Promise<{ readonly responses: readonly WireFetched[] }>;
  listOffsets(request: {
    readonly isolationLevel: number;
    readonly topics: readonly WirePartitions<{ readonly partition: number; readonly timestamp: number }>[];
  }): Promise<{
    readonly responses: readonly WirePartitions<{ readonly partition: number; readonly offset: string }>[];
  }>;
  initProducerId(request: {
    readonly transactionalId: string | undefined;
    readonly transactionTimeout: number;
  }): Promise<ProducerEpoch>;
  addPartitionsToTxn(
    request: Transaction & { readonly topics: readonly WirePartitions<number>[] },
  ): Promise<unknown>;
  endTxn(request: Transaction & { readonly transactionResult: boolean }): Promise<unknown>;
  joinGroup(request: {
    readonly groupId: string;
    readonly memberId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  }): Promise<{
    readonly generationId: number;
    readonly memberId: string;
    readonly leaderId: string;
    /** For the leader alone. */
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
  }>;
  syncGroup(request: {
    readonly groupId: string;
    readonly generationId: number;
    readonly memberId: string;
    readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
  }): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly topics: readonly WirePartitions<{ readonly partition: number; readonly offset: string }>[];
  }): Promise<unknown>;
  /** @param request without topics: of all that have offsets */
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics: readonly WirePartitions<{ readonly partition: number }>[];
  }): Promise<{
    readonly responses: readonly WirePartitions<{ readonly partition: number; readonly offset: string }>[];
  }>;
}

export interface WirePartition {
  readonly partitionId: number;
  /** The node's id. */
  readonly leader: number;
  readonly replicas: readonly number[];
}

export interface WireMetadata {
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly partitionMetadata: readonly WirePartition[];
  }[];
}

/** The nodes and what they are in charge of. */
export interface WireCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  readonly brokerPool: { readonly brokers: Readonly<Record<string, { disconnect(): Promise<void> }>> };
  refreshMetadata(): Promise<void>;
  /** From now on the cluster knows about these topics; fails when one of them is not there. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly WirePartition[];
  findBroker(node: { readonly nodeId: string }): Promise<WireBroker>;
  findControllerBroker(): Promise<WireBroker>;
  findGroupCoordinator(of: {
    readonly groupId: string;
    readonly coordinatorType?: number;
  }): Promise<WireBroker>;
  /** Of all topics; null when no broker has answered. */
  metadata(): Promise<WireMetadata | null>;
}

export const allTopics = async (
  cluster: Pick<WireCluster, 'metadata'>,
): Promise<WireMetadata['topicMetadata']> => {
  const metadata = await cluster.metadata();
  if (metadata === null) throw new kafkajs.KafkaJSConnectionError('No broker has answered');
  return metadata.topicMetadata;
};

/** https://kafka.apache.org/protocol: FindCoordinator, key_type. */
export const transactionCoordinator = 1;

/** https://kafka.apache.org/protocol: Fetch and ListOffsets, isolation_level. */
export const readUncommitted = 0;
export const readCommitted = 1;

/**
 * kafkajs' knowledge of brokers, connections and the protocol, without its consumers and producers: those rejoin a
 * group before their user is done with a partition, drop a message after a send that failed and mistake aborted
 * messages for committed ones. A partition assigner is where kafkajs hands its cluster out.
 */
export const openCluster = (kafka: Kafka): WireCluster => {
  const found: Cluster[] = [];
  kafka.consumer({
    groupId: 'none',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        found.push(cluster);
        const protocol = { name: 'none', metadata: Buffer.alloc(0) };
        return { name: 'none', version: 0, assign: () => Promise.resolve([]), protocol: () => protocol };
      },
    ],
  });
  const [cluster] = found;
  if (cluster === undefined) throw new Error('kafkajs has made a consumer without asking for its assigners.');
  // Its own types name some of the methods only.
  return cluster as unknown as WireCluster;
};
