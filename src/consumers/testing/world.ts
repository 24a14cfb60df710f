import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logbook } from '../../execution/testing/logbook.js';
import { type Position } from '../../kernel/envelope.js';
import { type DeadLetters } from '../../ports/dead-letters.js';
import { type Inbox } from '../../ports/inbox.js';
import { type Message, type NewMessage } from '../../ports/message-log.js';
import { NotConfluentFormat } from '../../wire/undecodable.js';
import { type Consumed, type Consumer } from '../consumer.js';
import { topicSpecsOf } from '../dead-letter-topic.js';
import { eventIdOf, eventTypeOf } from '../message-headers.js';
import { type ConsumerPorts, ConsumerRunner, type ConsumerSettings } from '../runtime.js';
import { InMemoryLog } from './in-memory-log.js';

export const topic = 'commerce.order.events';
export const group = 'sample';

/** `a2` is the event with this id of the key `a`. */
export const message = (id: string, options: { type?: string; at?: number } = {}): NewMessage => {
  const { type = 'OrderConfirmed', at = 0 } = options;
  return {
    topic,
    key: Buffer.from(id.charAt(0)),
    value: Buffer.from(`value of ${id}`),
    headers: [
      ['event-id', Buffer.from(id)],
      ['event-type', Buffer.from(type)],
    ],
    timestamp: at,
  };
};

/** Of samples; `garbage` as a value cannot be read. */
export const decode = (from: Message): Promise<Consumed> => {
  if (from.value?.toString() === 'garbage') return Promise.reject(new NotConfluentFormat('garbage'));
  const stream = from.key?.toString() ?? '';
  if (eventTypeOf(from) !== 'OrderConfirmed')
    return Promise.reject(new Error('Only OrderConfirmed is handled.'));
  return Promise.resolve({
    id: eventIdOf(from),
    type: 'OrderConfirmed',
    stream,
    revision: from.offset,
    position: String(from.offset) as Position,
    metadata: { correlationId: 'c', causationId: 'c', actor: 'test', occurredAt: '2026-01-01T00:00:00.000Z' },
    data: { orderId: stream },
  });
};

export interface Start {
  readonly handle: Consumer['handle'];
  readonly settings?: Partial<ConsumerSettings>;
  readonly ports?: Partial<ConsumerPorts>;
}

export interface Engine {
  readonly inbox: Inbox;
  readonly deadLetters: DeadLetters;
  close(): Promise<void>;
}

/** An in-memory log, and inbox and dead letters of an engine; time stands still unless a test moves it. */
export const openWorld = async (open: (dataDir: string) => Engine, partitions = 2) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'consumers-'));
  const engine = open(dataDir);
  const log = new InMemoryLog();
  await log.ensureTopics(topicSpecsOf({ group, topics: [topic] }, partitions));
  const book = logbook();
  const runners: ConsumerRunner[] = [];
  const clock = { at: '2026-01-01T00:00:00.000Z', now: () => clock.at };
  const { inbox, deadLetters } = engine;
  return {
    log,
    inbox,
    deadLetters,
    clock,
    entries: book.entries,
    logger: book.logger,
    decode,
    publish: (...ids: readonly string[]) => log.publish(ids.map((id) => message(id))),
    start: ({ handle, settings = {}, ports = {} }: Start): ConsumerRunner => {
      const consumer: Consumer = { group, topics: [topic], handles: ['OrderConfirmed'], handle };
      const runner = new ConsumerRunner(
        consumer,
        {
          log,
          decode,
          inbox,
          deadLetters,
          clock,
          logger: book.logger,
          backOffMs: { first: 0, most: 0 },
          ...ports,
        },
        {
          attempts: 2,
          firstPauseMs: 1,
          sessionTimeoutMs: 60_000,
          commitEveryMs: 2,
          redrivePollMs: 2,
          handoverMs: 60_000,
          ...settings,
        },
      );
      runners.push(runner);
      runner.start();
      return runner;
    },
    /** How many messages of all partitions the group has committed. */
    committed: async () => (await log.committed(group)).reduce((sum, { offset }) => sum + offset, 0),
    dispose: async () => {
      log.faults.clear();
      await Promise.all(runners.map((runner) => runner.stop()));
      await engine.close();
      await rm(dataDir, { recursive: true });
    },
  };
};

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Notes the ids that it is given; `held` ones wait until they are let go, `failing` ones fail until they are mended. */
export const recorder = ({ held = [], failing = [] }: { held?: string[]; failing?: string[] } = {}) => {
  const seen: string[] = [];
  const gates = new Map(held.map((id) => [id, Promise.withResolvers<undefined>()]));
  const broken = new Set(failing);
  return {
    seen,
    broken,
    letGo: (id: string) => gates.get(id)?.resolve(undefined),
    handle: async ({ id }: Consumed, signal: AbortSignal): Promise<void> => {
      seen.push(id);
      const gate = gates.get(id);
      if (gate !== undefined) {
        const stopped = (): void => {
          gate.reject(new Error('interrupted'));
        };
        signal.addEventListener('abort', stopped, { once: true });
        await gate.promise;
      }
      if (broken.has(id)) throw new RangeError(`no stock for ${id}`);
    },
  };
};
