import {
  Fenced,
  type GroupDelivery,
  type GroupMember,
  type MessageLog,
  PartitionLost,
  type TransactionalProducer,
} from '../ports/message-log.js';
import { nameOf } from './group-follower.js';

/**
 * A process of its own that works on a message log, for specs about several processes and about sudden death:
 *     message-log.child.js <module that opens the log> <its options, JSON> consume <topic> <session, ms>
 *                                                                          relay <topic> <batch>
 * `consume` commits what it is delivered, `relay` publishes numbers in batches, with the last one as checkpoint;
 * `patient-consume` and `patient-relay` commit only when they are told to. It reports by messages.
 */
export type LogReport = Change | Dealing | Relayed | { readonly told: 'fenced' };

export interface Change {
  readonly told: 'assigned' | 'revoked';
  readonly partitions: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Dealing {
  readonly told: 'delivered' | 'committed' | 'lost';
  readonly messages: readonly string[];
}

export interface Relayed {
  readonly told: 'relayed';
  readonly checkpoint: number;
}

interface Opened {
  readonly messageLog: MessageLog;
}

interface Engine {
  readonly openEmbedded?: (options: object) => Opened;
  readonly openKafka?: (options: object) => Opened;
}

const [, , moduleUrl = '', options = '', role, topic = '', detail = ''] = process.argv;

const tell = (report: LogReport): void => {
  process.send?.(report);
};

const permission = (): Promise<unknown> =>
  role?.startsWith('patient-') === true
    ? new Promise((resolve) => {
        process.once('message', resolve);
      })
    : Promise.resolve();

const take = async (member: GroupMember, delivery: GroupDelivery): Promise<void> => {
  if (delivery.kind !== 'messages') {
    tell({ told: delivery.kind, partitions: delivery.partitions.map(nameOf), at: Date.now() });
    return;
  }
  const messages = delivery.messages.map((message) => `${nameOf(message)}@${message.offset}`);
  tell({ told: 'delivered', messages });
  await permission();
  try {
    const next = (delivery.messages.at(-1)?.offset ?? NaN) + 1;
    await member.commit([{ ...delivery.partition, offset: next }]);
    tell({ told: 'committed', messages });
  } catch (error) {
    if (!(error instanceof PartitionLost)) throw error;
    tell({ told: 'lost', messages });
  }
};

const relay = async (producer: TransactionalProducer, batch: number): Promise<void> => {
  for (let last = Number((await producer.checkpoint()) ?? 0); ; last += batch) {
    const messages = Array.from({ length: batch }, (_, index) => {
      const number = String(last + 1 + index);
      return { topic, key: Buffer.from(number.slice(-1)), value: Buffer.from(number), headers: [] };
    });
    await permission();
    await producer.commit(messages, String(last + batch));
    tell({ told: 'relayed', checkpoint: last + batch });
  }
};

const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const { openEmbedded, openKafka } = (await import(moduleUrl)) as Engine;
const open = openEmbedded ?? openKafka;
if (open === undefined) throw new Error(`${moduleUrl} opens no message log.`);
const { messageLog } = open({ ...(JSON.parse(options) as object), logger });
if (role?.endsWith('relay') === true) {
  try {
    await relay(await messageLog.openTransactional('relay'), Number(detail));
  } catch (error) {
    if (!(error instanceof Fenced)) throw error;
    tell({ told: 'fenced' });
  }
} else {
  const sessionTimeoutMs = Number(detail);
  const member = await messageLog.join({
    group: 'readers',
    topics: [topic],
    sessionTimeoutMs,
    batchSize: 20,
  });
  for await (const delivery of member) await take(member, delivery);
}
