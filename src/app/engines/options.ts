import { type KmsOptions } from '../../adapters/aws-kms/index.js';
import { type EventStoreDbOptions } from '../../adapters/eventstoredb/index.js';
import { type KafkaOptions } from '../../adapters/kafka/index.js';
import { type MongoEngineOptions } from '../../adapters/mongodb/index.js';
import { type RestOptions } from '../../adapters/schema-registry/rest-api.js';
import { type FaultPoints } from '../../ports/fault-points.js';
import { type Logger } from '../../ports/logger.js';
import { type Config } from '../config.js';
import { type DatabaseOwner, ownerOf } from './ownership.js';

/** What the settings say to each engine that has an address; undefined without one. */

export const eventStoreDbOptions = (config: Config, logger: Logger): EventStoreDbOptions | undefined =>
  config.EVENTSTORE_URL === undefined
    ? undefined
    : {
        url: config.EVENTSTORE_URL,
        username: config.EVENTSTORE_USERNAME,
        password: config.EVENTSTORE_PASSWORD,
        logger,
      };

export const kafkaOptions = (
  config: Config,
  logger: Logger,
  reached: FaultPoints | undefined,
): KafkaOptions | undefined =>
  config.KAFKA_BROKERS === undefined
    ? undefined
    : {
        brokers: config.KAFKA_BROKERS,
        prefix: config.KAFKA_PREFIX,
        clientId: 'order-processing',
        ssl: config.KAFKA_TLS,
        sasl: saslOf(config),
        replicationFactor: config.KAFKA_REPLICATION_FACTOR,
        minInsyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
        compression: config.KAFKA_COMPRESSION,
        logger,
        reached,
      };

const saslOf = (config: Config): KafkaOptions['sasl'] => {
  const { KAFKA_SASL: mechanism, KAFKA_USERNAME: username = '', KAFKA_PASSWORD: password = '' } = config;
  switch (mechanism) {
    case 'none':
      return undefined;
    case 'aws-msk-iam':
      return { mechanism, region: config.KAFKA_AWS_REGION ?? '' };
    default:
      return { mechanism, username, password };
  }
};

export const registryOptions = (config: Config): RestOptions | undefined =>
  config.SCHEMA_REGISTRY_URL === undefined
    ? undefined
    : {
        url: config.SCHEMA_REGISTRY_URL,
        login: loginOf(config),
      };

const loginOf = (config: Config): RestOptions['login'] => {
  const { SCHEMA_REGISTRY_TOKEN: token, SCHEMA_REGISTRY_USERNAME: username } = config;
  if (token !== undefined) return { token };
  return username === undefined ? undefined : { username, password: config.SCHEMA_REGISTRY_PASSWORD ?? '' };
};

export const kmsOptions = ({
  KEYS_KMS_KEY_ID: keyId,
  KEYS_KMS_REGION: region,
}: Config): KmsOptions | undefined => (keyId === undefined ? undefined : { keyId, region });

export const mongoOptions = (config: Config, logger: Logger): MongoEngineOptions | undefined => {
  if (config.MONGODB_URL === undefined) return undefined;
  const owners: readonly DatabaseOwner[] = [...config.SERVICES, 'coordination'];
  return {
    url: config.MONGODB_URL,
    username: config.MONGODB_USERNAME,
    password: config.MONGODB_PASSWORD,
    prefix: config.MONGODB_PREFIX,
    owners,
    ownerOf,
    logger,
  };
};
