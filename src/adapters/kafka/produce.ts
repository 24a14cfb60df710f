import response from 'kafkajs/src/protocol/requests/produce/v7/response.js';
import { z } from 'zod';
import { type WireBroker, type WirePartitions } from './wire.js';

export interface ProduceRequest {
  readonly transactionalId: string | undefined;
  readonly acks: number;
  readonly timeout: number;
  readonly topics: readonly WirePartitions<{ readonly partition: number; readonly batch: Buffer }>[];
}

const produced = z.object({
  topics: z.array(
    z.object({
      topicName: z.string(),
      partitions: z.array(z.object({ partition: z.int(), baseOffset: z.string() })),
    }),
  ),
});

/** Brokers from 2.1 on have it, and Kafka 4 still does. */
const apiVersion = 7;
const apiKey = 0;

/**
 * Sends batches that are encoded already (https://kafka.apache.org/protocol: Produce).
 * @throws KafkaJSProtocolError when one of them was not taken
 */
export const produce = async (
  broker: WireBroker,
  request: ProduceRequest,
): Promise<z.infer<typeof produced>> => {
  const bytes = encoded(request);
  const answer = await broker.connectionPool.send({
    request: {
      ...{ apiKey, apiVersion, apiName: 'Produce' },
      // Of kafkajs' encoder, what its requests are put together with.
      encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
    },
    response,
  });
  return produced.parse(answer);
};

const encoded = ({ transactionalId, acks, timeout, topics }: ProduceRequest): Buffer => {
  const chunks = [text(transactionalId), int16(acks), int32(timeout), int32(topics.length)];
  for (const { topic, partitions } of topics) {
    chunks.push(text(topic), int32(partitions.length));
    for (const { partition, batch } of partitions) chunks.push(int32(partition), int32(batch.length), batch);
  }
  return Buffer.concat(chunks);
};

const int16 = (number: number): Buffer => {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(number);
  return bytes;
};

const int32 = (number: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(number);
  return bytes;
};

const text = (given: string | undefined): Buffer => {
  if (given === undefined) return int16(-1);
  const bytes = Buffer.from(given);
  return Buffer.concat([int16(bytes.length), bytes]);
};
