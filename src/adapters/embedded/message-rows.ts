import { type Message, type TopicOffset, type TopicSpec, type TopicStatus } from '../../ports/message-log.js';
import { type Database } from './database.js';
import { type Batch, decodeBatch } from './message-batch.js';

export interface Topic extends TopicSpec {
  readonly id: number;
}

interface Range {
  readonly first: number;
  readonly next: number;
}

interface Expired {
  readonly topic: number;
  readonly partition: number;
  /** Of the last batch that has expired. */
  readonly base: number;
  /** The first offset that is kept. */
  readonly first: number;
}

type BatchRow = [base: number, count: number, data: Buffer];

/** How many batches of a partition one transaction deletes at most: 8 MB or so. */
const MOST_EXPIRED = 128;

/** Topics and their messages, as they are stored. */
export class MessageRows {
  /** A topic never changes once it has been made. */
  private readonly known = new Map<string, Topic>();
  private readonly selectTopic;
  private readonly selectTopics;
  private readonly selectRange;
  private readonly selectBase;
  private readonly selectBatches;
  private readonly selectOldest;
  private readonly insertTopic;
  private readonly insertPartition;
  private readonly insertBatch;
  private readonly reserve;
  private readonly deleteBatches;
  private readonly moveFirst;
  private readonly countPublished;

  constructor(db: Database) {
    const topic = 'SELECT id, name, partitions, retention_ms AS retentionMs FROM topics';
    this.selectTopic = db.prepare<[string], Topic>(`${topic} WHERE name = ?`);
    this.selectTopics = db.prepare<[], Topic>(`${topic} ORDER BY name`);
    this.selectRange = db.prepare<[number, number], Range>(
      'SELECT first, next FROM topic_partitions WHERE topic = ? AND partition = ?',
    );
    this.selectBase = db
      .prepare<[number, number, number], number | null>(
        'SELECT max(base) FROM message_batches WHERE topic = ? AND partition = ? AND base <= ?',
      )
      .pluck();
    this.selectBatches = db
      .prepare<[number, number, number], BatchRow>(
        `SELECT base, count, data FROM message_batches WHERE topic = ? AND partition = ? AND base >= ?
         ORDER BY base`,
      )
      .raw();
    this.selectOldest = db
      .prepare<[number, number, number], [base: number, count: number, newest: number]>(
        `SELECT base, count, newest FROM message_batches WHERE topic = ? AND partition = ?
         ORDER BY base LIMIT ?`,
      )
      .raw();
    this.insertTopic = db.prepare<[string, number, number | null]>(
      'INSERT OR IGNORE INTO topics (name, partitions, retention_ms) VALUES (?, ?, ?)',
    );
    this.insertPartition = db.prepare<[number | bigint, number]>(
      'INSERT INTO topic_partitions (topic, partition, first, next) VALUES (?, ?, 0, 0)',
    );
    this.insertBatch = db.prepare<[number, number, number, number, number, Buffer]>(
      'INSERT INTO message_batches (topic, partition, base, count, newest, data) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.reserve = db
      .prepare<[number, number, number], number>(
        'UPDATE topic_partitions SET next = next + ? WHERE topic = ? AND partition = ? RETURNING next',
      )
      .pluck();
    this.deleteBatches = db.prepare<[number, number, number]>(
      'DELETE FROM message_batches WHERE topic = ? AND partition = ? AND base <= ?',
    );
    this.moveFirst = db.prepare<[number, number, number]>(
      'UPDATE topic_partitions SET first = max(first, ?) WHERE topic = ? AND partition = ?',
    );
    this.countPublished = db.prepare("UPDATE message_news SET count = count + 1 WHERE kind = 'published'");
  }

  /** Not within a write, which might be undone. */
  topic(name: string): Topic | undefined {
    const known = this.known.get(name) ?? this.selectTopic.get(name);
    if (known !== undefined) this.known.set(name, known);
    return known;
  }

  topics(): TopicStatus[] {
    return this.selectTopics.all().map(({ id, name, partitions, retentionMs }) => ({
      name,
      partitions,
      retentionMs,
      status: Array.from({ length: partitions }, (_, partition) => ({
        partition,
        ...this.range(id, partition),
      })),
    }));
  }

  range(topic: number, partition: number): Range {
    return this.selectRange.get(topic, partition) ?? { first: 0, next: 0 };
  }

  read(topic: number, { offset, ...place }: TopicOffset, limit: number, mostBytes = Infinity): Message[] {
    const messages: Message[] = [];
    const { partition } = place;
    const begin = this.selectBase.get(topic, partition, offset) ?? offset;
    let bytes = 0;
    for (const [base, count, data] of this.selectBatches.iterate(topic, partition, begin)) {
      if (messages.length >= limit || bytes >= mostBytes) break;
      bytes += data.length;
      const from = Math.max(0, offset - base);
      messages.push(...decodeBatch({ count, data }, place, base, from, limit - messages.length));
    }
    return messages;
  }

  /** Part of a transaction. */
  make({ name, partitions, retentionMs }: TopicSpec): void {
    const { changes, lastInsertRowid } = this.insertTopic.run(name, partitions, retentionMs);
    if (changes === 0) return;
    for (let partition = 0; partition < partitions; partition += 1) {
      this.insertPartition.run(lastInsertRowid, partition);
    }
  }

  /** Part of a transaction. @returns the offset of the first message. */
  append(topic: number, partition: number, batches: readonly Batch[]): number {
    const total = batches.reduce((sum, { count }) => sum + count, 0);
    const next = this.reserve.get(total, topic, partition);
    if (next === undefined) throw new Error(`Topic ${topic} has no partition ${partition} in the file.`);
    let base = next - total;
    for (const { count, newest, data } of batches) {
      this.insertBatch.run(topic, partition, base, count, newest, data);
      base += count;
    }
    return next - total;
  }

  /** Part of a transaction that appends. */
  published(): void {
    this.countPublished.run();
  }

  /** The oldest batches all of whose messages are older than their topic keeps them. */
  expired(now: number): Expired[] {
    return this.selectTopics
      .all()
      .flatMap(({ id, partitions, retentionMs }) =>
        retentionMs === null
          ? []
          : Array.from({ length: partitions }, (_, partition) =>
              this.expiredOf(id, partition, now - retentionMs),
            ).flat(),
      );
  }

  /** Part of a transaction. */
  expire({ topic, partition, base, first }: Expired): void {
    this.deleteBatches.run(topic, partition, base);
    this.moveFirst.run(first, topic, partition);
  }

  private expiredOf(topic: number, partition: number, before: number): Expired[] {
    const rows = this.selectOldest.all(topic, partition, MOST_EXPIRED);
    const kept = rows.findIndex(([, , newest]) => newest >= before);
    const last = rows.at(kept === -1 ? -1 : kept - 1);
    if (kept === 0 || last === undefined) return [];
    const [base, count] = last;
    return [{ topic, partition, base, first: base + count }];
  }
}
