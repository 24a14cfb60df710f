import { follow } from '../execution/follow.js';
import { type LeadershipOptions, type Term, whileLeading } from '../execution/leadership.js';
import { idsOf } from '../execution/log-ids.js';
import { type Position, type RecordedEvent } from '../kernel/envelope.js';
import { type Delivery, type EventStore } from '../ports/event-store.js';
import { type MessageLog, type NewMessage, type TransactionalProducer } from '../ports/message-log.js';
import { type FaultPoints } from '../ports/fault-points.js';
import { deadLetterOf } from './dead-letter.js';
import { type Translation } from './translation.js';
import { Unpublishable } from './unpublishable.js';

/** Names the lease and the transactional producer: of each there is one at a time. */
export const relaySlot = 'bridge';

export interface RelayPorts extends LeadershipOptions {
  readonly eventStore: Pick<EventStore, 'subscribe'>;
  readonly messageLog: Pick<MessageLog, 'openTransactional'>;
  readonly translation: Pick<Translation, 'prepare' | 'messageOf'>;
  readonly unpublishable: 'stop' | 'dead-letter';
  readonly batchSize?: number;
  readonly reached?: FaultPoints | undefined;
}

/** The event that the relay stopped at, or put aside. */
export interface RelayFailure {
  readonly message: string;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
}

export interface RelayStatus {
  readonly state: 'starting' | 'standby' | 'catching-up' | 'live' | 'restarting' | 'failed' | 'stopped';
  /** Everything up to here is in the topics. */
  readonly position: string | undefined;
  /** Messages of this process since its start. */
  readonly published: number;
  readonly deadLettered: number;
  readonly restarts: number;
  readonly lastFailure: RelayFailure | undefined;
}

/** The messages of a delivery. */
interface Batch {
  readonly messages: readonly NewMessage[];
  readonly deadLettered: number;
  /** The position that they end at. */
  readonly reached: Position | undefined;
  readonly caughtUp: boolean;
  /** Not, when it ends before an event that cannot be published. */
  readonly complete: boolean;
}

/** One transaction's worth: large enough that its flush to the disk hardly counts. */
const defaultBatch = 1_000;

/**
 * Republishes every committed event to the topic of its domain, in commit order, exactly once: each batch commits
 * together with the position that it ends at. It may be killed at any instruction.
 */
export class Relay {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private current: RelayStatus = {
    state: 'starting',
    position: undefined,
    published: 0,
    deadLettered: 0,
    restarts: 0,
    lastFailure: undefined,
  };

  constructor(private readonly ports: RelayPorts) {}

  get status(): RelayStatus {
    return this.current;
  }

  start(): void {
    const office = {
      name: `${relaySlot}:relay`,
      serve: (term: Term) => this.serve(term),
      onStandby: () => {
        this.update({ state: 'standby' });
      },
      onFault: () => {
        this.update({ state: 'restarting', restarts: this.current.restarts + 1 });
      },
    };
    this.running = whileLeading(office, this.ports, this.stopping.signal).then(() => {
      if (this.current.state !== 'failed') this.update({ state: 'stopped' });
    });
  }

  /** Finishes the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async serve({ signal, goesWell }: Term): Promise<void> {
    const { eventStore, messageLog, translation, batchSize = defaultBatch } = this.ports;
    // Fences a predecessor that lost the lease and has not noticed, before the checkpoint is read.
    const producer = await messageLog.openTransactional(relaySlot);
    // The next batch is read and encoded while one commits; they commit one after another.
    let committing: Promise<void> = Promise.resolve();
    try {
      await translation.prepare();
      const checkpoint = await producer.checkpoint();
      this.update({ state: 'catching-up', position: checkpoint });
      const from = checkpoint === undefined ? 'start' : (checkpoint as Position);
      for await (const delivery of follow(eventStore, { from, batchSize }, signal)) {
        const batch = this.translated(delivery);
        await committing;
        committing = this.commit(producer, batch).then(goesWell);
        // Awaited when the next one is there.
        committing.catch(() => undefined);
        if (delivery.caughtUp || !batch.complete) await committing;
        if (this.current.state === 'failed') return;
      }
      await committing;
    } finally {
      await Promise.allSettled([committing]);
      await producer.close();
    }
  }

  private translated({ events, position, caughtUp }: Delivery): Batch {
    const messages: NewMessage[] = [];
    let deadLettered = 0;
    for (const [index, event] of events.entries()) {
      try {
        messages.push(this.ports.translation.messageOf(event));
      } catch (error) {
        if (!(error instanceof Unpublishable)) throw error;
        this.report(event, error);
        if (this.ports.unpublishable === 'stop') {
          // What comes before it is published; nothing is passed over.
          const reached = events[index - 1]?.position;
          return { messages, deadLettered, reached, caughtUp, complete: false };
        }
        messages.push(deadLetterOf(event, error));
        deadLettered += 1;
      }
    }
    return { messages, deadLettered, reached: position, caughtUp, complete: true };
  }

  private async commit(
    producer: TransactionalProducer,
    { messages, deadLettered, reached, caughtUp, complete }: Batch,
  ): Promise<void> {
    if (messages.length > 0 && reached !== undefined) {
      this.ports.reached?.('relay.before-publish');
      await producer.commit(messages, reached);
      this.ports.reached?.('relay.after-commit');
      const { published, deadLettered: before } = this.current;
      this.update({
        position: reached,
        published: published + messages.length,
        deadLettered: before + deadLettered,
      });
    }
    if (complete) this.update({ state: caughtUp ? 'live' : 'catching-up' });
    else this.fail();
  }

  private report(event: RecordedEvent, { message }: Unpublishable): void {
    const { id: eventId, type, stream, revision, position } = event;
    const failure = { message, eventId, type, stream, revision, position };
    this.update({ lastFailure: failure });
    const what = this.ports.unpublishable === 'stop' ? 'stops before' : 'puts aside';
    const ids = idsOf(event.metadata);
    this.ports.logger.error(
      { ...ids, failure },
      `The bridge ${what} an event that it cannot publish: ${message}`,
    );
  }

  /** Until somebody has mended the cause and starts the process again. */
  private fail(): void {
    this.update({ state: 'failed' });
    this.stopping.abort();
  }

  private update(change: Partial<RelayStatus>): void {
    this.current = { ...this.current, ...change };
  }
}
