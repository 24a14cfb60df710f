import { type Headers } from '../../ports/message-log.js';
import { type Codec } from './compression.js';
import { crc32c } from './crc32c.js';

export interface Content {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface BatchHead {
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly isTransactional: boolean;
}

const magic = 2;
const transactionalFlag = 0x10;
/** Offset, length, leader's epoch, magic and checksum. */
const unchecked = 21;
const headBytes = 61;
/** Of a record without key, value, headers: more than its numbers ever need. */
const mostNumbers = 40;

/**
 * As a broker keeps it (https://kafka.apache.org/documentation/#recordbatch). kafkajs does the same in four times the
 * time, which is most of what publishing costs.
 */
export const encodeRecordBatch = async (
  contents: readonly Content[],
  { producerId, producerEpoch, firstSequence, isTransactional }: BatchHead,
  { attribute, compress }: Codec,
): Promise<Buffer> => {
  const first = contents[0]?.timestamp ?? 0;
  const latest = contents.reduce((most, { timestamp }) => Math.max(most, timestamp), first);
  const records = await compress(encodeRecords(contents, first));
  const batch = Buffer.allocUnsafe(headBytes + records.length);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(magic, 16);
  batch.writeInt16BE(attribute | (isTransactional ? transactionalFlag : 0), 21);
  batch.writeInt32BE(contents.length - 1, 23);
  batch.writeBigInt64BE(BigInt(first), 27);
  batch.writeBigInt64BE(BigInt(latest), 35);
  batch.writeBigInt64BE(BigInt(producerId), 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(firstSequence, 53);
  batch.writeInt32BE(contents.length, 57);
  batch.set(records, headBytes);
  batch.writeUInt32BE(crc32c(batch.subarray(unchecked)), 17);
  return batch;
};

/** The most bytes that a record takes. */
export const mostBytesOf = ({ key, value, headers }: Content): number =>
  headers.reduce(
    (sum, [name, bytes]) => sum + 10 + 3 * name.length + bytes.length,
    mostNumbers + (key?.length ?? 0) + (value?.length ?? 0),
  );

const encodeRecords = (contents: readonly Content[], first: number): Buffer => {
  const writer = new Writer(contents.reduce((sum, content) => sum + mostBytesOf(content), 0));
  contents.forEach((content, index) => {
    writer.record(content, content.timestamp - first, index);
  });
  return writer.bytes.subarray(0, writer.size);
};

class Writer {
  readonly bytes: Buffer;
  size = 0;

  constructor(most: number) {
    this.bytes = Buffer.allocUnsafe(most);
  }

  record({ key, value, headers }: Content, timestampDelta: number, offsetDelta: number): void {
    const names = headers.map(([name]) => Buffer.from(name));
    let length = 1 + sizeOf(timestampDelta) + sizeOf(offsetDelta) + sizeOf(headers.length);
    length += sizeOfBytes(key) + sizeOfBytes(value);
    headers.forEach(([, bytes], index) => {
      length += sizeOfBytes(names[index] ?? null) + sizeOfBytes(bytes);
    });
    this.number(length);
    // Attributes, of which there are none.
    this.bytes[this.size++] = 0;
    this.number(timestampDelta);
    this.number(offsetDelta);
    this.optional(key);
    this.optional(value);
    this.number(headers.length);
    headers.forEach(([, bytes], index) => {
      this.optional(names[index] ?? null);
      this.optional(bytes);
    });
  }

  private optional(bytes: Buffer | null): void {
    this.number(bytes === null ? -1 : bytes.length);
    if (bytes === null) return;
    this.bytes.set(bytes, this.size);
    this.size += bytes.length;
  }

  /** Zigzag, then 7 bits a byte, the lowest first (https://protobuf.dev/programming-guides/encoding). */
  private number(value: number): void {
    let rest = zigzag(value);
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.bytes[this.size++] = (rest % 0x80) | 0x80;
    this.bytes[this.size++] = rest;
  }
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

const sizeOf = (value: number): number => {
  let size = 1;
  for (let rest = zigzag(value); rest > 0x7f; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
};

const sizeOfBytes = (bytes: Buffer | null): number =>
  bytes === null ? sizeOf(-1) : sizeOf(bytes.length) + bytes.length;
