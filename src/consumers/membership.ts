import { Bell } from '../execution/bell.js';
import { pause, withPatience } from '../execution/pause.js';
import { type DueLetter } from '../ports/dead-letters.js';
import {
  type GroupDelivery,
  type GroupMember,
  type Message,
  PartitionLost,
  type TopicPartition,
} from '../ports/message-log.js';
import { type Consumer } from './consumer.js';
import { type Handling, type HandlingPorts } from './handling.js';
import { OwnedPartition } from './owned-partition.js';

export interface MembershipSettings {
  /** How many messages may be in hand at once, those behind others of their key included; more wait in the log. */
  readonly maxInFlight: number;
  /** How long a partition that is to be handed over, or a stop, waits for what is in hand. */
  readonly handoverMs: number;
  readonly commitEveryMs: number;
  /** How often parked messages that have become due are looked for. */
  readonly redrivePollMs: number;
}

type Ports = Pick<HandlingPorts, 'deadLetters' | 'clock' | 'logger'>;

const mostDue = 256;
/** Keys whose parked messages are tried at the same time. */
const mostRedriven = 32;

/** One stay in the consumer group, from joining to leaving or to the first fault. */
export class Membership {
  private readonly owned = new Map<string, OwnedPartition>();
  private readonly live = new Set<Promise<void>>();
  private readonly redriven = new Map<string, Promise<void>>();
  private readonly released = new Bell();
  private readonly over = new AbortController();
  private faulted: { readonly error: unknown } | undefined;
  private commits: Promise<void> = Promise.resolve();

  constructor(
    private readonly member: GroupMember,
    private readonly consumer: Consumer,
    private readonly handling: Handling,
    private readonly ports: Ports,
    private readonly settings: MembershipSettings & { readonly batchSize: number },
    private readonly goesWell: () => void,
  ) {}

  get partitions(): readonly OwnedPartition[] {
    return [...this.owned.values()];
  }

  get inFlight(): number {
    return this.live.size + this.redriven.size;
  }

  /** Ends with the signal: what is in hand is finished and committed, and the group left. @throws the first fault */
  async serve(stop: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([stop, this.over.signal]);
    const background = [this.keepCommitting(ending), this.keepRedriving(ending)].map((work) =>
      work.catch(this.fail),
    );
    try {
      await this.takeDeliveries(ending);
    } catch (error) {
      this.fail(error);
    } finally {
      this.over.abort();
      await Promise.all(background);
      await this.leave();
    }
    if (this.faulted !== undefined) throw this.faulted.error;
  }

  private readonly fail = (error: unknown): void => {
    this.faulted ??= { error };
    for (const partition of this.partitions) void partition.end();
    this.over.abort();
  };

  private async takeDeliveries(ending: AbortSignal): Promise<void> {
    const deliveries = this.member[Symbol.asyncIterator]();
    const { maxInFlight, batchSize } = this.settings;
    for (;;) {
      while (this.live.size > maxInFlight - batchSize && !ending.aborted) await this.released.rung(ending);
      if (ending.aborted) return;
      const next = await orAborted(deliveries.next(), ending);
      if (next === undefined) return;
      if (next.done === true) throw new Error(`The membership of ${this.consumer.group} was ended.`);
      await this.take(next.value);
    }
  }

  private async take(delivery: GroupDelivery): Promise<void> {
    switch (delivery.kind) {
      case 'assigned':
        for (const at of delivery.partitions) {
          this.owned.get(nameOf(at))?.abandon();
          this.owned.set(nameOf(at), new OwnedPartition(at, this.handling, this.fail));
        }
        return;
      case 'revoked':
        return this.handOver(delivery.partitions.flatMap((at) => this.owned.get(nameOf(at)) ?? []));
      case 'messages':
        this.begin(delivery.partition, delivery.messages);
    }
  }

  private begin(at: TopicPartition, messages: readonly Message[]): void {
    // Without an owner they were on their way while the partition was lost.
    for (const task of this.owned.get(nameOf(at))?.take(messages) ?? []) {
      this.live.add(task);
      void task.then(() => {
        this.live.delete(task);
        this.released.ring();
      });
    }
  }

  /** What is being handled is finished, unless that takes too long: then it is for the next owner. */
  private async handOver(partitions: readonly OwnedPartition[]): Promise<void> {
    await withPatience(this.settings.handoverMs, new AbortController().signal, async (patience) => {
      await orAborted(Promise.all(partitions.map((partition) => partition.end())), patience);
    });
    try {
      await this.commit(partitions);
    } finally {
      for (const partition of partitions) this.letGo(partition);
    }
  }

  private letGo(partition: OwnedPartition): void {
    partition.abandon();
    if (this.owned.get(nameOf(partition.at)) === partition) this.owned.delete(nameOf(partition.at));
  }

  private async leave(): Promise<void> {
    await this.handOver(this.partitions).catch(this.fail);
    await Promise.all([...this.live, ...this.redriven.values()]);
    await this.member.close().catch(this.fail);
  }

  private async keepCommitting(ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      await pause(this.settings.commitEveryMs, ending);
      await this.commit(this.partitions);
    }
  }

  /** One commit after another, so that none overtakes a later one. */
  private async commit(partitions: readonly OwnedPartition[]): Promise<void> {
    const turn = this.commits.then(async () => {
      await Promise.all(partitions.map((partition) => this.commitOne(partition)));
    });
    this.commits = turn.catch(() => undefined);
    await turn;
  }

  private async commitOne(partition: OwnedPartition): Promise<void> {
    const { at, position } = partition;
    if (position === undefined || position === partition.committed) return;
    if (this.owned.get(nameOf(at)) !== partition) return;
    try {
      await this.member.commit([{ ...at, offset: position }]);
      partition.committed = position;
      this.goesWell();
    } catch (error) {
      if (!(error instanceof PartitionLost)) throw error;
      this.letGo(partition);
      this.ports.logger.warn({ group: this.consumer.group, ...at }, error.message);
    }
  }

  /**
   * Whoever has a partition tries its parked messages: there they take their turns with the live ones of their keys,
   * so that a key is never dealt with in two places, and no lease is needed beside the membership.
   */
  private async keepRedriving(ending: AbortSignal): Promise<void> {
    const { deadLetters } = this.ports;
    const { group } = this.consumer;
    while (!ending.aborted) {
      const partitions = this.partitions.filter(({ isEnding }) => !isEnding).map(({ at }) => at);
      const due = partitions.length === 0 ? [] : await deadLetters.due(group, partitions, mostDue);
      const fresh = due.filter(({ id }) => !this.redriven.has(id));
      for (const letter of fresh) await this.redrive(letter, ending);
      if (fresh.length > 0) continue;
      // One that is done may have made the next of its key due.
      await withPatience(this.settings.redrivePollMs, ending, (patience) => this.released.rung(patience));
    }
  }

  private async redrive(letter: DueLetter, ending: AbortSignal): Promise<void> {
    while (this.redriven.size >= mostRedriven && !ending.aborted) await this.released.rung(ending);
    while (!ending.aborted) {
      const waitMs = await this.ports.deadLetters.permit(this.consumer.group, this.now());
      if (waitMs === 0) break;
      await pause(waitMs, ending);
    }
    const partition = this.owned.get(nameOf(letter));
    if (partition === undefined || partition.isEnding || ending.aborted) return;
    const task = partition.redrive(letter);
    this.redriven.set(letter.id, task);
    void task.then(() => {
      this.redriven.delete(letter.id);
      this.released.ring();
    });
  }

  private now(): number {
    return Date.parse(this.ports.clock.now());
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** undefined when the signal aborts first. */
const orAborted = <Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> =>
  new Promise((resolve, reject) => {
    const end = (): void => {
      resolve(undefined);
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', end);
    });
  });
