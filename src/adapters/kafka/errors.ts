import { z } from 'zod';
import { StorageUnavailable } from '../../ports/storage.js';

const described = z.object({
  name: z.string().catch(''),
  message: z.string().catch(''),
  /** The name of Kafka's error code. */
  type: z.string().optional().catch(undefined),
  /** Kafka's number, or the operating system's name. */
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  cause: z.unknown().optional(),
  /** Of an error that stands for several. */
  errors: z.array(z.unknown()).optional().catch(undefined),
  topic: z.string().optional().catch(undefined),
  partition: z.number().optional().catch(undefined),
});

type Described = z.infer<typeof described>;

/** The error and its causes, as far as they can be told. */
const chainOf = (error: unknown): Described[] => {
  const { success, data } = described.safeParse(error);
  if (!success) return [];
  const cause = data.cause ?? data.errors?.[0];
  return [data, ...(cause === error ? [] : chainOf(cause))];
};

/** kafkajs does not know the newest codes (https://kafka.apache.org/protocol#protocol_error_codes). */
const producerFenced = 90;

/** The name of Kafka's error code; undefined when it did not come from a broker. */
export const typeOf = (error: unknown): string | undefined => {
  for (const { type, code } of chainOf(error)) {
    if (code === producerFenced) return 'PRODUCER_FENCED';
    if (type !== undefined) return type;
  }
  return undefined;
};

/** Of an error that concerns one partition. */
export const placeOf = (error: unknown): { topic: string; partition: number } | undefined => {
  for (const { topic, partition } of chainOf(error)) {
    if (topic !== undefined && partition !== undefined) return { topic, partition };
  }
  return undefined;
};

const lost = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSNoBrokerAvailableError',
]);

const outdated = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'KAFKA_STORAGE_ERROR',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
]);

/** The connection is gone, or it knows an older cluster: with a new one, the same may succeed. */
export const isPassing = (error: unknown): boolean => {
  const chain = chainOf(error);
  return chain.some(({ name, type }) => lost.has(name) || (type !== undefined && outdated.has(type)));
};

/** In a few words, for counting. */
export const reasonOf = (error: unknown): string => {
  const chain = chainOf(error);
  const type = typeOf(error);
  if (type !== undefined) return type;
  const system = chain.find(({ code }) => typeof code === 'string' && code !== '');
  if (system?.code !== undefined) return String(system.code);
  return chain.at(-1)?.name ?? 'unknown';
};

const adviceBy: readonly (readonly [RegExp, string])[] = [
  [
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|Connection timeout/i,
    'Start it, or correct the addresses of the brokers.',
  ],
  [/ENOTFOUND|EAI_AGAIN/, 'Correct the host name in the addresses of the brokers.'],
  [/SASL|authentication/i, 'Check the SASL mechanism, the user and the password.'],
  [/timed out/i, 'It is overloaded or stands still: look at its load and its disk.'],
  [/certificate|SSL|TLS|EPROTO/i, 'Check the TLS settings and the certificate authority.'],
  [
    /session timeout/i,
    'Choose one between group.min.session.timeout.ms and group.max.session.timeout.ms of the broker.',
  ],
  [/replication.factor/i, 'Configure as many replicas as there are brokers, at most.'],
  [/authoriz/i, 'Grant this user the right in the access control lists.'],
  [/replicas/i, 'Wait until enough brokers are in sync, or bring those that are down back.'],
  [
    /closed connection|disconnected|ECONNRESET/i,
    'It may be restarting, or want TLS or SASL that is not configured here.',
  ],
];

/**
 * What is thrown when Kafka does not do it.
 * @param where the addresses of the brokers
 */
export const unavailable = (where: readonly string[], error: unknown): StorageUnavailable => {
  const chain = chainOf(error);
  const said = chain.at(-1)?.message ?? String(error);
  const told = chain.map(({ name, message }) => `${name} ${message}`).join(' ');
  const advice = adviceBy.find(([pattern]) => pattern.test(told))?.[1] ?? 'See the log of the broker.';
  const sentence = said.replace(/[.\s]+$/, '');
  return new StorageUnavailable(
    `Kafka at ${where.join(', ')} cannot be used now: ${sentence}. ${advice}`,
    error,
  );
};

/** Whether it came from kafkajs or a socket, not from this adapter. */
export const isForeign = (error: unknown): boolean =>
  !(error instanceof StorageUnavailable) &&
  chainOf(error).some(({ name, code }) => name.startsWith('KafkaJS') || typeof code === 'string');
