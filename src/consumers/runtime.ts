import { pause } from '../execution/pause.js';
import { type RestartOptions, withRestarts } from '../execution/restarts.js';
import { type DeadLetterCounts } from '../ports/dead-letters.js';
import { type MessageLog, type PartitionStatus, type TopicPartition } from '../ports/message-log.js';
import { type Consumer } from './consumer.js';
import { type ConsumerFailure, Handling, type HandlingPorts, type Tally } from './handling.js';
import { Membership, type MembershipSettings } from './membership.js';
import { type OwnedPartition } from './owned-partition.js';

export interface ConsumerPorts extends HandlingPorts, RestartOptions {
  readonly log: MessageLog;
}

export interface ConsumerSettings extends Partial<MembershipSettings> {
  /** How often a message is tried before it is parked. */
  readonly attempts: number;
  readonly firstPauseMs: number;
  /** Default 30 s. */
  readonly mostPauseMs?: number;
  /** How many are handled at the same time. Default 100. */
  readonly concurrency?: number;
  /** How long the partitions of an instance that died stay with it. */
  readonly sessionTimeoutMs: number;
}

export interface ConsumerStatus {
  readonly group: string;
  readonly state: 'starting' | 'running' | 'restarting' | 'stopped';
  /** Those that this instance has. */
  readonly partitions: readonly (TopicPartition & {
    /** Messages that are not dealt with yet, as of the last look. */
    readonly lag: number | undefined;
  })[];
  readonly lag: number;
  readonly inFlight: number;
  readonly handled: number;
  readonly skipped: number;
  readonly duplicates: number;
  readonly retried: number;
  /** Of the whole group, as of the last look. */
  readonly parked: DeadLetterCounts;
  readonly lastFailure: ConsumerFailure | undefined;
  /** Restarts after faults of log, inbox or dead letters. */
  readonly restarts: number;
}

const defaults = {
  mostPauseMs: 30_000,
  maxInFlight: 2_000,
  concurrency: 100,
  handoverMs: 5_000,
  commitEveryMs: 200,
  redrivePollMs: 250,
};
const largestBatch = 200;
const lookEveryMs = 1_000;
const tidyEveryMs = 3_600_000;
/** Far longer than any message takes to come a second time. */
const rememberMs = 90 * 24 * 3_600_000;

/**
 * Runs one consumer as a member of its group: every message of its types at least once, each event once as far as the
 * inbox knows, the messages of one key in order. One that fails is tried again, then parked, and what follows of its
 * key is parked behind it; other keys go on.
 */
export class ConsumerRunner {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private state: ConsumerStatus['state'] = 'starting';
  private readonly tally: Tally = {
    handled: 0,
    skipped: 0,
    duplicates: 0,
    retried: 0,
    lastFailure: undefined,
  };
  private readonly handling: Handling;
  private membership: Membership | undefined;
  private parked: DeadLetterCounts = { failed: 0, due: 0, waiting: 0 };
  private readonly lags = new WeakMap<OwnedPartition, number>();
  private restarts = 0;
  private tidiedAt = 0;

  constructor(
    private readonly consumer: Consumer,
    private readonly ports: ConsumerPorts,
    private readonly settings: ConsumerSettings,
  ) {
    this.handling = new Handling(consumer, ports, { ...defaults, ...settings }, this.tally);
  }

  start(): void {
    const endless = {
      name: `consumer:${this.consumer.group}`,
      run: (goesWell: () => void) => this.serve(goesWell),
      onFault: () => {
        this.state = 'restarting';
        this.restarts += 1;
      },
    };
    this.running = Promise.all([
      withRestarts(endless, this.ports, this.stopping.signal),
      this.keepLooking(),
    ]).then(() => undefined);
  }

  /** Finishes what is in hand, commits and leaves the group. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.state = 'stopped';
  }

  get status(): ConsumerStatus {
    const partitions = (this.membership?.partitions ?? []).map((owned) => ({
      ...owned.at,
      lag: this.lags.get(owned),
    }));
    return {
      group: this.consumer.group,
      state: this.state,
      partitions,
      lag: partitions.reduce((sum, { lag = 0 }) => sum + lag, 0),
      inFlight: this.membership?.inFlight ?? 0,
      ...this.tally,
      parked: this.parked,
      restarts: this.restarts,
    };
  }

  private async serve(goesWell: () => void): Promise<void> {
    const { log } = this.ports;
    const { group, topics } = this.consumer;
    const { sessionTimeoutMs } = this.settings;
    const settings = { ...defaults, ...this.settings };
    // Smaller than what may be in hand, so that the next one comes before the last is finished.
    const batchSize = Math.max(1, Math.min(largestBatch, Math.floor(settings.maxInFlight / 2)));
    const member = await log.join({ group, topics, sessionTimeoutMs, batchSize });
    const { consumer, handling, ports } = this;
    this.membership = new Membership(member, consumer, handling, ports, { ...settings, batchSize }, goesWell);
    this.state = 'running';
    try {
      await this.membership.serve(this.stopping.signal);
    } finally {
      this.membership = undefined;
    }
  }

  /** At what the status tells of others; that it cannot be seen now stops nobody. */
  private async keepLooking(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.look();
        await this.tidy();
      } catch (error) {
        const { group } = this.consumer;
        this.ports.logger.warn({ err: error, group }, `The lag of ${group} could not be seen`);
      }
      await pause(lookEveryMs, signal);
    }
  }

  private async look(): Promise<void> {
    const { log, deadLetters } = this.ports;
    const { group } = this.consumer;
    this.parked = await deadLetters.count({ group });
    const partitions = this.membership?.partitions ?? [];
    if (partitions.length === 0) return;
    const topics = new Map((await log.topics()).map(({ name, status }) => [name, status]));
    const committed = await log.committed(group);
    for (const owned of partitions) {
      const { topic, partition } = owned.at;
      const status = topics.get(topic)?.find((each) => each.partition === partition);
      const saved = committed.find((each) => each.topic === topic && each.partition === partition);
      if (status !== undefined) this.lags.set(owned, behind(status, owned.position ?? saved?.offset));
    }
  }

  private async tidy(): Promise<void> {
    const now = Date.parse(this.ports.clock.now());
    if (now - this.tidiedAt < tidyEveryMs) return;
    await this.ports.inbox.forgetBefore(this.consumer.group, now - rememberMs);
    this.tidiedAt = now;
  }
}

const behind = ({ first, next }: PartitionStatus, position = first): number =>
  next - Math.max(first, position);
