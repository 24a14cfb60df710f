import { openKms } from '../../adapters/aws-kms/index.js';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { type EmbeddedSchemaRegistry } from '../../adapters/embedded/schema-registry.js';
import { openEventStoreDb } from '../../adapters/eventstoredb/index.js';
import { openKafka } from '../../adapters/kafka/index.js';
import { openMongo } from '../../adapters/mongodb/index.js';
import { RemoteSchemaRegistry } from '../../adapters/schema-registry/remote-registry.js';
import { type RestOptions } from '../../adapters/schema-registry/rest-api.js';
import { type Checkpoints } from '../../ports/checkpoints.js';
import { type DeadLetters } from '../../ports/dead-letters.js';
import { type EventStore } from '../../ports/event-store.js';
import { type FaultPoints } from '../../ports/fault-points.js';
import { type Generations } from '../../ports/generations.js';
import { type Inbox } from '../../ports/inbox.js';
import { type Incident } from '../../ports/incidents.js';
import { type Keys } from '../../ports/keys.js';
import { type Leases } from '../../ports/leases.js';
import { type Logger } from '../../ports/logger.js';
import { type Mailer } from '../../ports/mailer.js';
import { type MessageLog } from '../../ports/message-log.js';
import { type SchemaRegistry } from '../../ports/schema-registry.js';
import { type Views } from '../../ports/views.js';
import { asCannotStart, openingStore, orExplain } from '../cannot-start.js';
import { type Config } from '../config.js';
import { eventStoreDbOptions, kafkaOptions, kmsOptions, mongoOptions, registryOptions } from './options.js';
import { whenAllReachable } from './reachable.js';

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
  /** The indexes that a deployment makes; undefined where none is made apart. */
  readonly indexes: DeployedIndexes | undefined;
  /** Since the start, of all engines. */
  readonly incidents: () => readonly Incident[];
  close(): Promise<void>;
}

export interface DeployedIndexes {
  createIndexes(): Promise<void>;
  /** A sentence for each. */
  missingIndexes(): Promise<readonly string[]>;
}

/** Which engine is used for what. */
export const enginesOf = (config: Config) => ({
  events: config.EVENTSTORE_URL === undefined ? 'embedded' : 'EventStoreDB',
  messages: config.KAFKA_BROKERS === undefined ? 'embedded' : 'Kafka',
  schemas: config.SCHEMA_REGISTRY_URL === undefined ? 'embedded' : 'schema registry',
  state: config.MONGODB_URL === undefined ? 'embedded' : 'MongoDB',
});

export const usesEmbedded = (config: Config): boolean =>
  Object.values(enginesOf(config)).includes('embedded');

/** @throws CannotStart when one does not let this process in, or has not answered for too long. */
export const openEngines = async (
  config: Config,
  logger: Logger,
  reached: FaultPoints | undefined,
): Promise<Engines> => {
  const { DATA_DIR: dataDir, ENGINES_WAIT_SECONDS } = config;
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const engine of opened.splice(0).reverse()) await engine.close();
  };
  try {
    const eventStoreDb = given(eventStoreDbOptions(config, logger), openEventStoreDb);
    const kafka = given(kafkaOptions(config, logger, reached), openKafka);
    const registry = given(registryOptions(config), openRegistry);
    const kms = given(kmsOptions(config), openKms);
    const mongo = given(mongoOptions(config, logger), (options) =>
      openMongo({ ...options, keysWith: kms?.keysWith }),
    );
    const remote = [eventStoreDb, kafka, registry, kms, mongo].filter((engine) => engine !== undefined);
    opened.push(...remote);
    await whenAllReachable(remote, { patienceMs: ENGINES_WAIT_SECONDS * 1_000, logger });

    const embedded = usesEmbedded(config)
      ? await orExplain(
          () => openEmbedded({ dataDir, logger, reached, keysWith: kms?.keysWith }),
          openingStore(dataDir),
        )
      : undefined;
    if (embedded !== undefined) opened.push(embedded);
    const orEmbedded = <Engine>(engine: Engine | undefined) => {
      const found = engine ?? embedded;
      if (found === undefined) throw new TypeError('An engine without an address is embedded.');
      return found;
    };
    const state = orEmbedded(mongo);
    return {
      eventStore: orEmbedded(eventStoreDb).eventStore,
      messageLog: orEmbedded(kafka).messageLog,
      schemaRegistry: orEmbedded(registry).schemaRegistry,
      embeddedRegistry: registry === undefined ? embedded?.schemaRegistry : undefined,
      checkpoints: state.checkpoints,
      views: state.views,
      generations: state.generations,
      leases: state.leases,
      inbox: state.inbox,
      deadLetters: state.deadLetters,
      keys: state.keys,
      outbox: state.outbox,
      indexes: mongo,
      incidents: () => [
        ...incidentsOf('EventStoreDB', eventStoreDb?.incidents() ?? {}),
        ...incidentsOf('Kafka', kafka?.incidents() ?? {}),
      ],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const incidentsOf = (
  engine: string,
  counts: Readonly<Record<string, Readonly<Record<string, number>>>>,
): readonly Incident[] =>
  Object.entries(counts).flatMap(([kind, reasons]) =>
    Object.entries(reasons).map(([reason, count]) => ({ engine, kind, reason, count })),
  );

const openRegistry = (options: RestOptions) => {
  const schemaRegistry = new RemoteSchemaRegistry(options);
  return { schemaRegistry, check: () => schemaRegistry.subjects(), close: () => Promise.resolve() };
};

/** @throws CannotStart when the address is none. */
const given = <Options, Engine>(
  options: Options | undefined,
  open: (options: Options) => Engine,
): Engine | undefined => {
  try {
    return options && open(options);
  } catch (error) {
    throw asCannotStart(error);
  }
};
