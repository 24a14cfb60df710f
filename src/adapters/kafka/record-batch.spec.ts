import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import kafkajsRecord from 'kafkajs/src/protocol/recordBatch/record/v0/index.js';
import kafkajsBatches from 'kafkajs/src/protocol/recordBatch/v0/index.js';
import { crc32c } from './crc32c.js';
import { recordBatchOf, type WireMessage } from './record-batch.js';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const messages = fc.array(
  fc.record<WireMessage>({
    key: fc.option(bytes),
    value: fc.option(bytes),
    timestamp: fc.nat(4_102_444_800_000),
    headers: fc
      .dictionary(fc.string({ unit: 'grapheme', maxLength: 80 }), bytes, { maxKeys: 5 })
      .map(Object.entries<Buffer>),
  }),
  { minLength: 1, maxLength: 150 },
);

const options = {
  ...{ producerId: '9007199254740993', producerEpoch: 7, firstSequence: 2_147_483_647 },
  ...{ isTransactional: true, compression: CompressionTypes.None },
};

const byKafkajs = async (of: readonly WireMessage[]): Promise<Buffer> => {
  const { isTransactional: transactional, ...head } = options;
  const times = of.map(({ timestamp }) => timestamp);
  const firstTimestamp = Math.min(...times);
  const records = of.map(({ key, value, timestamp, headers }, offsetDelta) =>
    kafkajsRecord({
      ...{ key, value, offsetDelta, timestampDelta: timestamp - firstTimestamp },
      headers: Object.fromEntries(headers),
    }),
  );
  const { buffer } = await kafkajsBatches.RecordBatch({
    ...{ ...head, transactional, firstTimestamp, maxTimestamp: Math.max(...times), records },
    ...{ lastOffsetDelta: of.length - 1, partitionLeaderEpoch: -1 },
  });
  return buffer;
};

describe('A record batch', () => {
  it('has the bytes that kafkajs gives it', async () => {
    await fc.assert(
      fc.asyncProperty(messages, async (of) => {
        expect((await recordBatchOf(of, options)).equals(await byKafkajs(of))).toBe(true);
      }),
    );
  });

  it.each([
    [CompressionTypes.GZIP, gunzipSync],
    [CompressionTypes.ZSTD, zstdDecompressSync],
  ])('holds the same records compressed (%s)', async (compression, decompress) => {
    const [of = []] = fc.sample(messages, { numRuns: 1, seed: 1 });
    const plain = await recordBatchOf(of, options);
    const packed = await recordBatchOf(of, { ...options, compression });
    expect(decompress(packed.subarray(61))).toEqual(plain.subarray(61));
    expect(packed.readInt16BE(21)).toBe(compression | 0x10);
    expect(packed.readUInt32BE(17)).toBe(crc32c(packed.subarray(21)));
  });

  it('is checked by CRC-32C, whose check value is known', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });
});
