import { setTimeout as delay } from 'node:timers/promises';
import { UnknownTopic } from '../../ports/message-log.js';
import { typeOf } from './errors.js';
import { type Names } from './names.js';
import { pages } from './reading.js';
import { type Edge, leaderOf, offsetsOf } from './topics.js';
import { type WireCluster } from './wire.js';

const partition = 0;
const firstWindow = 64;
const growth = 8;
const pageBytes = 1024 * 1024;
/** Longer than a dead producer's open transaction keeps readers from what was written after it. */
const patienceMs = 60_000;
const lookEveryMs = 10;

/** The key of the record by which a new producer of the slot finds the end of its checkpoints. */
export const bootKey = (slot: string): string => `${slot}/boot`;

/** Where to read from, until a checkpoint before `end` has been found: ever further back, as far as there is anything. */
export const windows = function* (first: number, end: number): Generator<number, void, undefined> {
  for (let size = firstWindow; ; size *= growth) {
    const from = Math.max(first, end - size);
    yield from;
    if (from <= first) return;
  }
};

/**
 * The slot's last committed checkpoint.
 * @param end before this offset; that everything up to it is decided is waited for. Default: the end.
 * @throws UnknownTopic
 */
export const readCheckpoint = async (
  cluster: WireCluster,
  names: Names,
  slot: string,
  end?: number,
): Promise<string | undefined> => {
  const topic = names.checkpoints;
  const first = await edgeOf(cluster, topic, 'first');
  const until = end ?? (await edgeOf(cluster, topic, 'end'));
  for (const from of windows(first, until)) {
    const found = await lastWithin(cluster, topic, slot, from, until);
    if (found !== undefined) return found;
  }
  return undefined;
};

const lastWithin = async (
  cluster: WireCluster,
  topic: string,
  slot: string,
  from: number,
  end: number,
): Promise<string | undefined> => {
  const deadline = Date.now() + patienceMs;
  const key = Buffer.from(slot);
  let last: Buffer | null = null;
  for (let offset = from; offset < end;) {
    const broker = await cluster.findBroker({ nodeId: leaderOf(cluster, topic, partition) });
    for await (const { messages, next } of pages(broker, { topic, partition, offset }, pageBytes)) {
      last = messages.findLast((each) => each.offset < end && each.key?.equals(key) === true)?.value ?? last;
      offset = next;
      if (offset >= end) break;
    }
    if (offset >= end) break;
    if (Date.now() > deadline) {
      throw new Error(
        `The checkpoint of ${slot} could not be read for ${patienceMs / 1000} s: ${topic} has an open transaction ` +
          `before offset ${end}. It ends when its producer is opened anew, or its time has run out.`,
      );
    }
    await delay(lookEveryMs);
  }
  return last?.toString();
};

const edgeOf = async (cluster: WireCluster, topic: string, edge: Edge): Promise<number> => {
  try {
    const [offset] = (await offsetsOf(cluster, [topic], edge)).get(topic) ?? [];
    if (offset !== undefined) return offset;
  } catch (error) {
    if (typeOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
  }
  throw new UnknownTopic(topic);
};
