import { follow } from '../execution/follow.js';
import { type Position } from '../kernel/envelope.js';
import { type EventStore } from '../ports/event-store.js';
import { type MessageLog, type NewMessage } from '../ports/message-log.js';
import { headerNames, originalTraceparent } from '../wire/headers.js';
import { type Translation } from './translation.js';

export interface ReplayPorts {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'head'>;
  readonly messageLog: Pick<MessageLog, 'openTransactional' | 'ensureTopics'>;
  readonly translation: Pick<Translation, 'prepare' | 'messageOf'>;
}

export interface ReplayRange {
  /** Inclusive. Default: the first event. */
  readonly from?: Position | undefined;
  /** Inclusive. Default: the last event at the start. */
  readonly to?: Position | undefined;
  /** Must not be one of the contract: consumers of those would take it for news. */
  readonly topic: string;
  readonly partitions: number;
}

/**
 * Publishes a stretch of the past to another topic, exactly once: the same replay goes on where it was cut off.
 * @returns how many messages this run has published
 */
export const replay = async (
  { eventStore, messageLog, translation }: ReplayPorts,
  { from, to, topic, partitions }: ReplayRange,
  signal: AbortSignal,
): Promise<number> => {
  const end = to ?? (await eventStore.head());
  if (end === undefined) return 0;
  await translation.prepare();
  await messageLog.ensureTopics([{ name: topic, partitions, retentionMs: null }]);
  const producer = await messageLog.openTransactional(`replay:${topic}:${from ?? 'start'}:${to ?? 'head'}`);
  let published = 0;
  try {
    const checkpoint = (await producer.checkpoint()) as Position | undefined;
    for await (const { events, position, caughtUp } of follow(
      eventStore,
      { from: checkpoint ?? 'start', batchSize: 1_000 },
      signal,
    )) {
      const wanted = events.filter((event) => event.position <= end && event.position >= (from ?? ''));
      const messages = wanted.map((event) => asReplayed(translation.messageOf(event), topic));
      if (messages.length > 0) await producer.commit(messages, position);
      published += messages.length;
      if (caughtUp || position >= end) break;
    }
  } finally {
    await producer.close();
  }
  return published;
};

/** Whoever consumes it must not take the trace of that time for one that goes on: it is named, and not gone on with. */
const asReplayed = (message: NewMessage, topic: string): NewMessage => ({
  ...message,
  topic,
  headers: message.headers.map(([name, value]) => [
    name === headerNames.traceparent ? originalTraceparent : name,
    value,
  ]),
});
