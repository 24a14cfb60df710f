import { Kafka } from 'kafkajs';
import { type FaultPoints } from '../../ports/fault-points.js';
import { type Logger } from '../../ports/logger.js';
import { type MessageLog } from '../../ports/message-log.js';
import { clientConfig, type ClientOptions } from './client.js';
import { codecs, type Compression } from './compression.js';
import { type IncidentCounts, Incidents } from './incidents.js';
import { KafkaMessageLog } from './message-log.js';
import { Names } from './names.js';
import { type Durability } from './topics.js';

export { type KafkaSasl, type KafkaTls } from './client.js';
export { type Compression, compressions } from './compression.js';
export { type IncidentCounts } from './incidents.js';

export interface KafkaOptions extends ClientOptions, Durability {
  /** Before the names of topics, groups and transactional ids, so that environments may share a cluster. Default: none. */
  readonly prefix?: string;
  readonly compression: Compression;
  readonly logger: Logger;
  readonly reached?: FaultPoints | undefined;
}

export interface KafkaEngine {
  readonly messageLog: MessageLog;
  /** Asks the cluster something. @throws StorageUnavailable whose message says what is wrong */
  check(): Promise<void>;
  /** What the adapter got over by itself, by kind and reason. */
  incidents(): IncidentCounts;
  /** The members leave their groups and the connections are closed. */
  close(): Promise<void>;
}

const nothing = (): void => undefined;

/** Messages in Kafka 3.9 or 4. Connects when it is first used. */
export const openKafka = (options: KafkaOptions): KafkaEngine => {
  const { prefix = '', brokers, replicationFactor, minInsyncReplicas, compression, logger } = options;
  const incidents = new Incidents(logger);
  const messageLog = new KafkaMessageLog({
    site: { kafka: new Kafka(clientConfig(options)), brokers, incidents },
    names: new Names(prefix),
    durability: { replicationFactor, minInsyncReplicas },
    codec: codecs[compression],
    logger,
    reached: options.reached ?? nothing,
  });
  return {
    messageLog,
    check: () => messageLog.check(),
    incidents: () => incidents.all,
    close: () => messageLog.close(),
  };
};
