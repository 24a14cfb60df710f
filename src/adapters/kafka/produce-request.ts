import { type ProduceAnswer, produceResponse } from './internals.js';
import { byTopic, type WireBroker } from './wire.js';

export interface ProducedBatch {
  readonly topic: string;
  readonly partition: number;
  /** A record batch. */
  readonly batch: Buffer;
}

/** https://kafka.apache.org/protocol: Produce. The first version that takes zstd; 3.9 and 4 both know it. */
const apiKey = 0;
const apiVersion = 7;
const allReplicas = -1;
const timeoutMs = 8_000;

/** Resolves when all replicas in sync have them. */
export const produce = (
  broker: WireBroker,
  transactionalId: string | undefined,
  batches: readonly ProducedBatch[],
): Promise<ProduceAnswer> => {
  const encode = (): Promise<{ buf: Buffer; buffer: Buffer }> => {
    const body = encodeBody(transactionalId, batches);
    return Promise.resolve({ buf: body, buffer: body });
  };
  return broker.connectionPool.send({
    request: { apiKey, apiVersion, apiName: 'Produce', encode },
    response: produceResponse,
  });
};

const encodeBody = (transactionalId: string | undefined, batches: readonly ProducedBatch[]): Buffer =>
  Buffer.concat([
    transactionalId === undefined ? int16(-1) : text(transactionalId),
    int16(allReplicas),
    int32(timeoutMs),
    ...array(
      byTopic(batches, (each) => each),
      ({ topic, partitions }) => [
        text(topic),
        ...array(partitions, ({ partition, batch }) => [int32(partition), int32(batch.length), batch]),
      ],
    ),
  ]);

const array = <Item>(
  items: readonly Item[],
  encode: (item: Item) => readonly Buffer[],
): readonly Buffer[] => [int32(items.length), ...items.flatMap(encode)];

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
};

const int16 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
};

const int32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
};
