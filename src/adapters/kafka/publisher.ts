import { type NewMessage, type TopicOffset } from '../../ports/message-log.js';
import { type Codec } from './compression.js';
import { type Connection } from './connection.js';
import { reasonOf } from './errors.js';
import { type Incidents } from './incidents.js';
import { type Names } from './names.js';
import { offsetsOf, partsOf, Producer } from './producing.js';
import { type WireCluster } from './wire.js';

export interface PublisherDependencies {
  readonly connection: Connection;
  readonly names: Names;
  readonly codec: Codec;
  readonly incidents: Incidents;
}

/** No transactions here: any value that every broker takes. */
const transactionTimeout = 60_000;

/** Publishes idempotently: a batch whose acknowledgement was lost is sent again and is there once. */
export class Publisher {
  private producer: Promise<Producer> | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: PublisherDependencies) {}

  async publish(messages: readonly NewMessage[]): Promise<readonly TopicOffset[]> {
    const { connection, names } = this.deps;
    const parts = await connection.insist((cluster) => partsOf(cluster, messages, names));
    // One after another: a batch must not be sent before the one that precedes it in the sequence.
    const sent = this.turn.then(async () => {
      const producer = await (this.producer ??= this.made());
      const encoded = await producer.encode(parts);
      return connection.insist(async (cluster) => {
        const topics = [...new Set(messages.map(({ topic }) => names.outside(topic)))];
        await cluster.addMultipleTargetTopics(topics);
        return producer.send(cluster, encoded);
      });
    });
    this.turn = sent.catch((error: unknown) => {
      this.discard(error);
    });
    return offsetsOf(await sent, names, messages.length);
  }

  private made(): Promise<Producer> {
    const { connection, codec } = this.deps;
    return connection.insist(async (cluster) => new Producer(await this.epoch(cluster), codec));
  }

  private async epoch(cluster: WireCluster) {
    const broker = await cluster.findControllerBroker();
    return broker.initProducerId({ transactionalId: undefined, transactionTimeout });
  }

  private discard(error: unknown): void {
    this.producer = undefined;
    this.deps.incidents.note(
      'producer-discarded',
      reasonOf(error),
      { error: String(error) },
      'Messages could not be published; the next ones get another producer',
    );
  }
}
