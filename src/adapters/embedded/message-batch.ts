import { type Headers, type Message, type TopicPartition } from '../../ports/message-log.js';

/** What of a message is stored; topic, partition and offset belong to its place. */
export interface Content {
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
}

/** Neighbours of one partition that are stored as one row, as Kafka's record batches are. */
export interface Batch {
  readonly count: number;
  /** The latest timestamp. */
  readonly newest: number;
  readonly data: Buffer;
}

/** A batch is full with this many bytes: whoever wants one message of it reads the whole batch. */
const FULL = 64 * 1024;

/**
 * The layout of a message: timestamp (8 bytes), key, value, how many headers, and per header its name and value.
 * Numbers have 7 bits a byte, the lowest first. Key and value are preceded by their length plus one, 0 for null.
 * A name that the batch has had before is its number, another one the next number and the text.
 */
export const encodeBatches = (contents: readonly Content[]): Batch[] => {
  const batches: Batch[] = [];
  for (const content of contents) {
    writer.add(content);
    if (writer.size >= FULL) batches.push(writer.take());
  }
  if (writer.size > 0) batches.push(writer.take());
  return batches;
};

/** The messages of a batch that begins with the offset `base`, from the `from`th on. */
export const decodeBatch = (
  { count, data }: Pick<Batch, 'count' | 'data'>,
  { topic, partition }: TopicPartition,
  base: number,
  from: number,
  limit: number,
): Message[] => {
  const reader = new BatchReader(data);
  const messages: Message[] = [];
  const end = Math.min(count, from + limit);
  for (let index = 0; index < end; index += 1) {
    if (index < from) {
      reader.skip();
      continue;
    }
    const { timestamp, key, value, headers } = reader.next();
    messages.push({ topic, partition, offset: base + index, timestamp, key, value, headers });
  }
  return messages;
};

const spacious = (): Buffer => Buffer.allocUnsafe(2 * FULL);

class BatchWriter {
  size = 0;
  private bytes = spacious();
  private count = 0;
  private newest = -Infinity;
  private readonly names = new Map<string, number>();

  add({ timestamp, key, value, headers }: Content): void {
    this.reserve(8);
    this.size = this.bytes.writeDoubleLE(timestamp, this.size);
    this.optional(key);
    this.optional(value);
    this.number(headers.length);
    for (const [name, bytes] of headers) {
      this.name(name);
      this.number(bytes.length);
      this.put(bytes);
    }
    this.count += 1;
    this.newest = Math.max(this.newest, timestamp);
  }

  /** What has been added; the next batch begins. */
  take(): Batch {
    const { count, newest } = this;
    const data = Buffer.from(this.bytes.subarray(0, this.size));
    this.size = 0;
    this.count = 0;
    this.newest = -Infinity;
    this.names.clear();
    // What a large message needed is not kept for ever.
    if (data.length > 4 * FULL) this.bytes = spacious();
    return { count, newest, data };
  }

  private optional(bytes: Buffer | null): void {
    if (bytes === null) {
      this.number(0);
    } else {
      this.number(bytes.length + 1);
      this.put(bytes);
    }
  }

  private name(name: string): void {
    const known = this.names.get(name);
    this.number(known ?? this.names.size);
    if (known !== undefined) return;
    this.names.set(name, this.names.size);
    const text = Buffer.from(name);
    this.number(text.length);
    this.put(text);
  }

  private number(value: number): void {
    this.reserve(5);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.bytes[this.size++] = (rest & 0x7f) | 0x80;
    this.bytes[this.size++] = rest;
  }

  private put(bytes: Buffer): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.size);
    this.size += bytes.length;
  }

  private reserve(length: number): void {
    if (this.size + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.size + length));
    larger.set(this.bytes.subarray(0, this.size));
    this.bytes = larger;
  }
}

/** One for all, since nobody else runs while messages are encoded. */
const writer = new BatchWriter();

class BatchReader {
  private at = 0;
  private readonly names: string[] = [];

  constructor(private readonly bytes: Buffer) {}

  next(): Content {
    const timestamp = this.take(8).readDoubleLE();
    const key = this.optional();
    const value = this.optional();
    const headers = Array.from({ length: this.number() }, (): [string, Buffer] => [
      this.name(),
      this.take(this.number()),
    ]);
    return { timestamp, key, value, headers };
  }

  skip(): void {
    this.pass(8);
    this.pass(this.number() - 1);
    this.pass(this.number() - 1);
    for (let left = this.number(); left > 0; left -= 1) {
      this.name();
      this.pass(this.number());
    }
  }

  private optional(): Buffer | null {
    const length = this.number() - 1;
    return length < 0 ? null : this.take(length);
  }

  private name(): string {
    const number = this.number();
    const known = this.names[number];
    if (known !== undefined) return known;
    const name = this.take(this.number()).toString();
    this.names.push(name);
    return name;
  }

  private number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  private take(length: number): Buffer {
    return this.bytes.subarray(this.at, (this.at += length));
  }

  private pass(length: number): void {
    if (length > 0) this.at += length;
  }
}
