import { openEmbedded } from '../adapters/embedded/index.js';
import { type EmbeddedSchemaRegistry } from '../adapters/embedded/schema-registry.js';
import { type Checkpoints } from '../ports/checkpoints.js';
import { type DeadLetters } from '../ports/dead-letters.js';
import { type EventStore } from '../ports/event-store.js';
import { type FaultPoints } from '../ports/fault-points.js';
import { type Generations } from '../ports/generations.js';
import { type Inbox } from '../ports/inbox.js';
import { type Keys } from '../ports/keys.js';
import { type Leases } from '../ports/leases.js';
import { type Logger } from '../ports/logger.js';
import { type Mailer } from '../ports/mailer.js';
import { type MessageLog } from '../ports/message-log.js';
import { type SchemaRegistry } from '../ports/schema-registry.js';
import { type Views } from '../ports/views.js';
import { openingStore, orExplain } from './cannot-start.js';
import { type Config } from './config.js';

/** The ports that an engine stands behind: the one at its address, where that is set, and else the embedded one. */
export interface Engines {
  readonly eventStore: EventStore;
  readonly messageLog: MessageLog;
  readonly schemaRegistry: SchemaRegistry;
  /** undefined when another registry is used. */
  readonly embeddedRegistry: EmbeddedSchemaRegistry | undefined;
  readonly checkpoints: Checkpoints;
  readonly views: Views;
  readonly generations: Generations;
  readonly leases: Leases;
  readonly inbox: Inbox;
  readonly deadLetters: DeadLetters;
  readonly keys: Keys;
  readonly outbox: Mailer;
  close(): Promise<void>;
}

/** Whether any of the ports is the embedded engine's. */
export const usesEmbedded = (config: Config): boolean =>
  [config.EVENTSTORE_URL, config.KAFKA_BROKERS, config.SCHEMA_REGISTRY_URL, config.MONGODB_URL].includes(
    undefined,
  );

/** @throws CannotStart */
export const openEngines = async (
  { DATA_DIR: dataDir }: Config,
  logger: Logger,
  reached: FaultPoints | undefined,
): Promise<Engines> => {
  const embedded = await orExplain(() => openEmbedded({ dataDir, logger, reached }), openingStore(dataDir));
  return { ...embedded, embeddedRegistry: embedded.schemaRegistry };
};
