import { type CompressionTypes } from 'kafkajs';
import { type Headers } from '../../ports/message-log.js';
import { compressed } from './compression.js';
import { crc32c } from './crc32c.js';
import { type ProducerEpoch } from './wire.js';

export interface WireMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
}

export interface BatchOptions extends ProducerEpoch {
  readonly firstSequence: number;
  readonly isTransactional: boolean;
  readonly compression: CompressionTypes;
}

const headLength = 61;
/** What the checksum is of begins here. */
const attributesAt = 21;
const transactionalBit = 0x10;
const magic = 2;

/**
 * Messages as they are sent and stored (https://kafka.apache.org/documentation/#recordbatch), by one buffer: kafkajs makes two
 * of each message and two of each header.
 */
export const recordBatchOf = async (
  messages: readonly WireMessage[],
  { producerId, producerEpoch, firstSequence, isTransactional, compression }: BatchOptions,
): Promise<Buffer> => {
  const times = messages.map(({ timestamp }) => timestamp);
  const baseTimestamp = times.reduce((least, time) => Math.min(least, time), Infinity);
  const maxTimestamp = times.reduce((most, time) => Math.max(most, time), 0);
  const records = await compressed(compression, recordsOf(messages, baseTimestamp));
  const batch = Buffer.allocUnsafe(headLength + records.length);
  batch.writeBigInt64BE(0n, 0); // the broker sets the offset
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12); // and the epoch of its leadership
  batch.writeInt8(magic, 16);
  batch.writeInt16BE(compression | (isTransactional ? transactionalBit : 0), attributesAt);
  batch.writeInt32BE(messages.length - 1, 23);
  batch.writeBigInt64BE(BigInt(baseTimestamp), 27);
  batch.writeBigInt64BE(BigInt(maxTimestamp), 35);
  batch.writeBigInt64BE(BigInt(producerId), 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(firstSequence, 53);
  batch.writeInt32BE(messages.length, 57);
  records.copy(batch, headLength);
  batch.writeUInt32BE(crc32c(batch.subarray(attributesAt)), 17);
  return batch;
};

const recordsOf = (messages: readonly WireMessage[], baseTimestamp: number): Buffer => {
  const names = new HeaderNames();
  const lengths = messages.map((message, index) => bodyLength(message, index, baseTimestamp, names));
  const records = new Writer(lengths.reduce((sum, length) => sum + varintLength(length) + length, 0));
  for (const [index, { key, value, timestamp, headers }] of messages.entries()) {
    records.varint(lengths[index] ?? 0);
    records.varint(0); // no attributes; a byte
    records.varint(timestamp - baseTimestamp);
    records.varint(index);
    records.bytes(key);
    records.bytes(value);
    records.varint(headers.length);
    for (const [name, bytes] of headers) {
      records.bytes(names.bytesOf(name));
      records.bytes(bytes);
    }
  }
  return records.buffer;
};

const bodyLength = (
  { key, value, timestamp, headers }: WireMessage,
  index: number,
  baseTimestamp: number,
  names: HeaderNames,
): number => {
  let length = 1 + varintLength(timestamp - baseTimestamp) + varintLength(index);
  length += lengthOf(key) + lengthOf(value) + varintLength(headers.length);
  for (const [name, bytes] of headers) length += lengthOf(names.bytesOf(name)) + lengthOf(bytes);
  return length;
};

/** Of a batch, whose messages have the same ones mostly. */
class HeaderNames {
  private readonly known = new Map<string, Buffer>();

  bytesOf(name: string): Buffer {
    let bytes = this.known.get(name);
    if (bytes === undefined) this.known.set(name, (bytes = Buffer.from(name)));
    return bytes;
  }
}

/** Zigzag: small numbers of either sign take few bytes (https://protobuf.dev/programming-guides/encoding/#signed-ints). */
const zigzag = (number: number): number => (number >= 0 ? 2 * number : -2 * number - 1);

const varintLength = (number: number): number => {
  let length = 1;
  for (let rest = zigzag(number); rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
};

const lengthOf = (bytes: Buffer | null): number =>
  bytes === null ? 1 : varintLength(bytes.length) + bytes.length;

class Writer {
  readonly buffer: Buffer;
  private at = 0;

  constructor(length: number) {
    this.buffer = Buffer.allocUnsafe(length);
  }

  varint(number: number): void {
    let rest = zigzag(number);
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.buffer[this.at++] = (rest % 0x80) | 0x80;
    this.buffer[this.at++] = rest;
  }

  /** Behind their length, which is -1 for none. */
  bytes(bytes: Buffer | null): void {
    this.varint(bytes?.length ?? -1);
    if (bytes === null) return;
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }
}
