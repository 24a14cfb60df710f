import { setTimeout as delay } from 'node:timers/promises';
import { type IHeaders } from 'kafkajs';
import { type Headers, type Message } from '../../ports/message-log.js';
import { readCommitted, type WireBroker, type WireFetched, type WireRecord } from './wire.js';

/** A place to read from. */
export interface Wanted {
  /** As the cluster calls it. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Fetched extends Wanted {
  /** Committed ones, from the offset on; `topic` is what the cluster calls it. */
  readonly messages: readonly Message[];
  /** Where to go on: behind what was read, be it aborted, a marker or a message. */
  readonly next: number;
  /** All before it is decided. */
  readonly stable: number;
}

/** A node that has nothing to say although there is more holds back for a while: it is told to. */
const throttledMs = 50;
const mostThrottled = 200;
const mostBytesAtOnce = 8 * 1024 * 1024;

/**
 * Committed messages of partitions that the node leads.
 * @param bytes the most of one partition, unless its first batch is larger
 * @param waitMs how long the node waits for something to be there
 */
export const fetchFrom = async (
  broker: WireBroker,
  wanted: readonly Wanted[],
  bytes: number,
  waitMs: number,
): Promise<readonly Fetched[]> => {
  const byTopic = Map.groupBy(wanted, ({ topic }) => topic);
  const { responses } = await broker.fetch({
    isolationLevel: readCommitted,
    ...{ maxWaitTime: waitMs, minBytes: 1, maxBytes: mostBytesAtOnce },
    topics: [...byTopic].map(([topic, places]) => ({
      topic,
      partitions: places.map(({ partition, offset }) => ({
        ...{ partition, fetchOffset: String(offset), maxBytes: bytes },
      })),
    })),
  });
  return responses.flatMap(({ topicName, partitions }) =>
    partitions.flatMap((fetched) => {
      const from = byTopic.get(topicName)?.find(({ partition }) => partition === fetched.partition);
      return from === undefined ? [] : [fetchedFrom(from, fetched)];
    }),
  );
};

/** Committed messages of one partition, page by page, up to the end as of each page. */
export const pages = async function* (
  broker: WireBroker,
  from: Wanted,
  bytes: number,
): AsyncGenerator<Fetched, void, undefined> {
  let { offset } = from;
  for (let inVain = 0; ;) {
    const [page] = await fetchFrom(broker, [{ ...from, offset }], bytes, 0);
    if (page === undefined) throw new Error(`Kafka has not answered for ${from.topic}/${from.partition}.`);
    if (page.next > offset) {
      yield page;
      inVain = 0;
    } else if (offset >= page.stable) {
      return;
    } else {
      inVain += 1;
      if (inVain > mostThrottled) {
        throw new Error(`Kafka has held back ${from.topic}/${from.partition} at ${offset} for too long.`);
      }
      await delay(throttledMs);
    }
    offset = page.next;
    if (offset >= page.stable) return;
  }
};

const fetchedFrom = (
  from: Wanted,
  { lastStableOffset, abortedTransactions, messages: records }: WireFetched['partitions'][number],
): Fetched => {
  const { topic, partition, offset } = from;
  const stable = Number(lastStableOffset);
  const last = records.at(-1)?.batchContext;
  const next = last === undefined ? offset : Math.max(offset, endOf(last) + 1);
  const messages = committedOf(records, abortedTransactions)
    .map((record): Message => ({
      ...{ topic, partition, offset: Number(record.offset), timestamp: Number(record.timestamp) },
      ...{ key: record.key, value: record.value, headers: headersOf(record.headers) },
    }))
    .filter((message) => message.offset >= offset);
  return { ...from, messages, next, stable };
};

const endOf = ({ firstOffset, lastOffsetDelta }: WireRecord['batchContext']): number =>
  Number(firstOffset) + lastOffsetDelta;

/**
 * As Kafka's own consumer does it (org.apache.kafka.clients.consumer.internals.CompletedFetch): a transaction is
 * aborted from its first offset up to the abort marker of its producer.
 */
export const committedOf = (
  records: readonly WireRecord[],
  abortedTransactions: WireFetched['partitions'][number]['abortedTransactions'],
): readonly WireRecord[] => {
  const toCome = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const aborted = new Set<string>();
  let batch: WireRecord['batchContext'] | undefined;
  let isCommitted = true;
  return records.filter((record) => {
    if (record.batchContext !== batch) {
      batch = record.batchContext;
      const end = endOf(batch);
      while (toCome[0] !== undefined && toCome[0].firstOffset <= end)
        aborted.add(toCome.shift()?.producerId ?? '');
      isCommitted = !batch.isControlBatch && !(batch.inTransaction && aborted.has(batch.producerId));
      if (batch.isControlBatch && isAbortMarker(record)) aborted.delete(batch.producerId);
    }
    return isCommitted;
  });
};

/** https://kafka.apache.org/documentation/#controlbatch: version, then 0 for abort and 1 for commit. */
const isAbortMarker = ({ key }: WireRecord): boolean => key?.length === 4 && key.readInt16BE(2) === 0;

const headersOf = (headers: IHeaders): Headers =>
  Object.entries(headers).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((value): [string, Buffer] => [
      name,
      Buffer.from(value ?? ''),
    ]),
  );
