import { type Failure, type Parking } from '../ports/dead-letters.js';
import { type Headers, type NewMessage, type TopicSpec } from '../ports/message-log.js';

export const deadLetterTopic = (topic: string, group: string): string => `${topic}.${group}.dead-letters`;

/** What a group reads, and where it tells of what it could not deal with. */
export const topicSpecsOf = (
  { group, topics }: { readonly group: string; readonly topics: readonly string[] },
  partitions: number,
): readonly TopicSpec[] =>
  topics
    .flatMap((topic) => [topic, deadLetterTopic(topic, group)])
    .map((name) => ({ name, partitions, retentionMs: null }));

/**
 * The original key, value and headers, and the headers that Spring Kafka's DeadLetterPublishingRecoverer adds, so that
 * its tools read them (org.springframework.kafka.support.KafkaHeaders; numbers are big-endian).
 */
export const deadLetterMessage = ({ group, message }: Parking, failure: Failure): NewMessage => ({
  topic: deadLetterTopic(message.topic, group),
  key: message.key,
  value: message.value,
  headers: [...message.headers, ...springHeaders(group, message, failure)],
});

const springHeaders = (
  group: string,
  { topic, partition, offset, timestamp }: Parking['message'],
  { errorClass, causeClass, message, stack, attempts }: Failure,
): Headers => [
  ['kafka_dlt-original-topic', Buffer.from(topic)],
  ['kafka_dlt-original-partition', int32(partition)],
  ['kafka_dlt-original-offset', int64(offset)],
  ['kafka_dlt-original-timestamp', int64(timestamp)],
  ['kafka_dlt-original-timestamp-type', Buffer.from('CreateTime')],
  ['kafka_dlt-original-consumer-group', Buffer.from(group)],
  ['kafka_dlt-exception-fqcn', Buffer.from(errorClass)],
  ...(causeClass === null ? [] : ([['kafka_dlt-exception-cause-fqcn', Buffer.from(causeClass)]] as const)),
  ['kafka_dlt-exception-message', Buffer.from(message)],
  ['kafka_dlt-exception-stacktrace', Buffer.from(stack)],
  ['kafka_deliveryAttempt', int32(attempts)],
];

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};
