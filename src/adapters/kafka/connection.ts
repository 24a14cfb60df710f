import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka } from 'kafkajs';
import { type StorageUnavailable } from '../../ports/storage.js';
import { isForeign, isPassing, reasonOf, unavailable } from './errors.js';
import { type Incidents } from './incidents.js';
import { openCluster, type WireCluster } from './wire.js';

/** How long an operation is tried again before it is given up. */
const patienceMs = 10_000;
const firstPauseMs = 20;
const mostPauseMs = 500;

/** What every connection of an adapter has in common. */
export interface Site {
  readonly kafka: Kafka;
  /** Addresses. */
  readonly brokers: readonly string[];
  readonly incidents: Incidents;
}

/** A connection to the cluster, made when it is first needed, and anew after it has failed. */
export class Connection {
  private current: Promise<WireCluster> | undefined;
  private closed = false;

  constructor(
    private readonly site: Site,
    /** What it is for. */
    private readonly purpose: string,
  ) {}

  /** Does it once. After a failure that will pass, the next one gets a new connection. */
  async run<T>(work: (cluster: WireCluster) => Promise<T>): Promise<T> {
    if (this.closed) throw new Error(`The connection for ${this.purpose} has been closed.`);
    const opening = (this.current ??= this.open());
    try {
      return await work(await opening);
    } catch (error) {
      if (isPassing(error)) this.drop(opening, error);
      throw error;
    }
  }

  /**
   * Does it again after failures that will pass, so that it must do no harm a second time.
   * @throws StorageUnavailable when they do not pass for 10 s, and for any other failure of Kafka's
   */
  async insist<T>(work: (cluster: WireCluster) => Promise<T>): Promise<T> {
    const deadline = Date.now() + patienceMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, mostPauseMs)) {
      try {
        return await this.run(work);
      } catch (error) {
        if (!isPassing(error) || this.closed || Date.now() + pauseMs > deadline) throw this.translate(error);
        await delay(pauseMs, undefined, { ref: false });
      }
    }
  }

  /** Into the port's errors. */
  translate(error: unknown): unknown {
    return isForeign(error) ? this.unavailable(error) : error;
  }

  unavailable(error: unknown): StorageUnavailable {
    return unavailable(this.site.brokers, error);
  }

  async close(): Promise<void> {
    this.closed = true;
    const cluster = await this.current?.catch(() => undefined);
    await cluster?.disconnect();
  }

  private async open(): Promise<WireCluster> {
    const cluster = openCluster(this.site.kafka);
    try {
      await cluster.connect();
      await cluster.refreshMetadata();
    } catch (error) {
      // It is that error that matters.
      await cluster.disconnect().catch(() => undefined);
      throw error;
    }
    return cluster;
  }

  private drop(opening: Promise<WireCluster>, error: unknown): void {
    if (this.current !== opening || this.closed) return;
    this.current = undefined;
    const { purpose } = this;
    const { brokers, incidents } = this.site;
    incidents.note(
      'reconnect',
      reasonOf(error),
      { err: error, purpose, brokers },
      `The connection to Kafka for ${purpose} has failed and is made anew`,
    );
    // It waits for what is still under way; nobody waits for it.
    void opening.then((cluster) => cluster.disconnect()).catch(() => undefined);
  }
}
