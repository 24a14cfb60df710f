import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Consumed } from '../consumers/consumer.js';
import { ConsumerRunner } from '../consumers/runtime.js';
import { decode, group, topic } from '../consumers/testing/world.js';
import { type DeadLetters } from '../ports/dead-letters.js';
import { type EventStore } from '../ports/event-store.js';
import { type Inbox } from '../ports/inbox.js';
import { type MessageLog } from '../ports/message-log.js';
import { sampleEvent } from './sample-events.js';

/**
 * A process of its own that consumes samples until it is killed, for specs about several processes and sudden death:
 *     consumer.child.js <module that opens the engine> <data directory> <failing ids, comma-separated>
 * What it handles it appends to the stream `effect-<key>`.
 */
export interface Report {
  readonly handled: string;
}

export interface OpenedEngine {
  readonly eventStore: EventStore;
  readonly messageLog: MessageLog;
  readonly inbox: Inbox;
  readonly deadLetters: DeadLetters;
  close(): Promise<void>;
}

const [, , moduleUrl = '', dataDir = '', failing = ''] = process.argv;
const broken = new Set(failing.split(','));
const { openEmbedded } = (await import(moduleUrl)) as {
  openEmbedded: (options: object) => OpenedEngine;
};
const { eventStore, messageLog, inbox, deadLetters } = openEmbedded({ dataDir });

const handle = async ({ id, stream }: Consumed): Promise<void> => {
  await pause(Math.random() * 3);
  if (broken.has(id)) throw new Error(`${id} is broken`);
  await eventStore.append(`effect-${stream}`, 'any', [sampleEvent(randomUUID(), { data: { id } })]);
  process.send?.({ handled: id } satisfies Report);
};

const silent = (): void => undefined;
new ConsumerRunner(
  { group, topics: [topic], handles: ['OrderConfirmed'], handle },
  {
    ...{ log: messageLog, inbox, deadLetters, decode },
    clock: { now: () => new Date().toISOString() },
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  },
  {
    ...{ attempts: 2, firstPauseMs: 5, sessionTimeoutMs: 2_000 },
    ...{ maxInFlight: 40, commitEveryMs: 20, redrivePollMs: 20 },
  },
).start();
