import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { type FaultPoints } from '../../ports/fault-points.js';
import {
  Fenced,
  Indeterminate,
  type NewMessage,
  type TopicOffset,
  type TransactionalProducer,
} from '../../ports/message-log.js';
import { bootKey, readCheckpoint } from './checkpoints.js';
import { type Codec } from './compression.js';
import { type Connection } from './connection.js';
import { reasonOf, typeOf } from './errors.js';
import { type Incidents } from './incidents.js';
import { type Names } from './names.js';
import { offsetsOf, type Part, partsOf, type PlacedPart, Producer, type EncodedPart } from './producing.js';
import { know } from './topics.js';
import { byTopic, transactionCoordinator, type WireBroker, type WireCluster } from './wire.js';

export interface TransactionDependencies {
  readonly connection: Connection;
  readonly names: Names;
  readonly codec: Codec;
  readonly incidents: Incidents;
  readonly reached: FaultPoints;
}

/** A dead producer's open transaction holds readers up for as long, unless another one of its slot is opened. */
const transactionTimeout = 10_000;
/** The coordinator still writes the markers of the transaction before: it takes a few milliseconds. */
const concurrentPauseMs = 1;
const concurrentPatienceMs = 10_000;

/**
 * A newer producer, or the coordinator because the time had run out: Kafka answers both alike, so that the slot has to
 * be won again before it may be opened.
 */
const fencing = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTION_COORDINATOR_FENCED',
]);

const isFencing = (error: unknown): boolean => fencing.has(typeOf(error) ?? '');

/** Fences the producer before it, settles what that left open, and reads the checkpoint after that. */
export const openTransactional = async (
  slot: string,
  deps: TransactionDependencies,
): Promise<TransactionalProducer> => {
  const { connection, names, codec } = deps;
  const transactionalId = names.outside(slot);
  const epoch = await connection.insist(async (cluster) => {
    await know(cluster, [names.inside(names.checkpoints)], names);
    const coordinator = await coordinatorOf(cluster, transactionalId);
    return unlessConcurrent(() => coordinator.initProducerId({ transactionalId, transactionTimeout }));
  });
  const producer = new KafkaTransactionalProducer(
    slot,
    transactionalId,
    new Producer(epoch, codec, transactionalId),
    deps,
  );
  await producer.boot();
  return producer;
};

class KafkaTransactionalProducer implements TransactionalProducer {
  private last: string | undefined;
  private closed = false;
  /** Why it must not be used any more. */
  private ended: Error | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private coordinator: { readonly cluster: WireCluster; readonly broker: WireBroker } | undefined;

  constructor(
    private readonly slot: string,
    private readonly transactionalId: string,
    private readonly producer: Producer,
    private readonly deps: TransactionDependencies,
  ) {}

  async boot(): Promise<void> {
    const { slot } = this;
    const { connection, names } = this.deps;
    const record = this.recordOf(bootKey(slot), randomUUID());
    try {
      const [booted] = await this.transact([record]);
      this.last = await connection.insist((cluster) => readCheckpoint(cluster, names, slot, booted?.base));
    } catch (error) {
      // Nothing of the user's was written: he may simply open again.
      throw error instanceof Indeterminate ? connection.translate(error.cause) : error;
    }
  }

  checkpoint(): Promise<string | undefined> {
    return Promise.resolve(this.last);
  }

  commit(messages: readonly NewMessage[], checkpoint: string): Promise<readonly TopicOffset[]> {
    const committed = this.turn.then(() => this.commitNow(messages, checkpoint));
    this.turn = committed.catch(() => undefined);
    return committed;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.turn;
  }

  private async commitNow(
    messages: readonly NewMessage[],
    checkpoint: string,
  ): Promise<readonly TopicOffset[]> {
    if (this.closed) throw new Error(`This producer of ${this.slot} has been closed.`);
    if (this.ended !== undefined) throw this.ended;
    const { connection, names } = this.deps;
    const parts = await connection.insist((cluster) => partsOf(cluster, messages, names));
    const placed = await this.transact([...parts, this.recordOf(this.slot, checkpoint)]);
    this.last = checkpoint;
    return offsetsOf(placed, names, messages.length);
  }

  private async transact(parts: readonly Part[]): Promise<readonly PlacedPart[]> {
    const { connection, reached } = this.deps;
    let placed: readonly PlacedPart[];
    try {
      const [encoded] = await Promise.all([this.encode(parts), this.begin(parts)]);
      placed = await connection.insist((cluster) => this.producer.send(cluster, encoded));
      reached('log.amid-publish');
      reached('log.before-commit');
    } catch (error) {
      throw await this.undone(error);
    }
    try {
      await connection.run((cluster) => this.end(cluster, true));
    } catch (error) {
      throw this.discard(
        error,
        isFencing(error) ? new Fenced(this.slot) : new Indeterminate(this.slot, error),
      );
    }
    return placed;
  }

  /** While the coordinator is told of them: both take as long. */
  private async encode(parts: readonly Part[]): Promise<readonly EncodedPart[]> {
    await nextTurn();
    return this.producer.encode(parts);
  }

  private begin(parts: readonly Part[]): Promise<unknown> {
    const { transactionalId } = this;
    const { epoch } = this.producer;
    const places = new Map(parts.map((part) => [`${part.topic}/${part.partition}`, part]));
    const topics = byTopic([...places.values()], ({ partition }) => partition);
    return this.deps.connection.insist(async (cluster) => {
      await cluster.addMultipleTargetTopics(topics.map(({ topic }) => topic));
      const coordinator = await this.coordinatorOf(cluster);
      await unlessConcurrent(() => coordinator.addPartitionsToTxn({ ...epoch, transactionalId, topics }));
    });
  }

  private async end(cluster: WireCluster, transactionResult: boolean): Promise<void> {
    const { transactionalId } = this;
    const { epoch } = this.producer;
    const coordinator = await this.coordinatorOf(cluster);
    await unlessConcurrent(() => coordinator.endTxn({ ...epoch, transactionalId, transactionResult }));
  }

  /** It failed before the commit was asked for: nothing is there. */
  private async undone(error: unknown): Promise<unknown> {
    if (isFencing(error)) return this.discard(error, new Fenced(this.slot));
    this.discard(error, new Indeterminate(this.slot, error));
    // So that readers are not held up. Otherwise the next producer of the slot does it, or time.
    await this.deps.connection.run((cluster) => this.end(cluster, false)).catch(() => undefined);
    return this.deps.connection.translate(error);
  }

  private discard(error: unknown, ended: Error): Error {
    this.ended = ended;
    const { slot } = this;
    const reason = ended instanceof Fenced ? 'fenced' : reasonOf(error);
    this.deps.incidents.note(
      'producer-discarded',
      reason,
      { error: String(error), slot },
      `The producer of ${slot} has ended`,
    );
    return ended;
  }

  private async coordinatorOf(cluster: WireCluster): Promise<WireBroker> {
    if (this.coordinator?.cluster !== cluster) {
      this.coordinator = { cluster, broker: await coordinatorOf(cluster, this.transactionalId) };
    }
    return this.coordinator.broker;
  }

  private recordOf(key: string, value: string): Part {
    const record = {
      key: Buffer.from(key),
      value: Buffer.from(value),
      timestamp: Date.now(),
      headers: [],
    };
    return { topic: this.deps.names.checkpoints, partition: 0, contents: [record], indexes: [] };
  }
}

const coordinatorOf = (cluster: WireCluster, transactionalId: string): Promise<WireBroker> =>
  cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: transactionCoordinator });

const unlessConcurrent = async <T>(work: () => Promise<T>): Promise<T> => {
  const deadline = Date.now() + concurrentPatienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (typeOf(error) !== 'CONCURRENT_TRANSACTIONS' || Date.now() > deadline) throw error;
      await delay(concurrentPauseMs);
    }
  }
};
