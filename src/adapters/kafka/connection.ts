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
/** A broker that does not answer does not keep anybody from closing. */
const farewellMs = 1_000;

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
  private readonly over = new AbortController();
  private readonly working = new Set<Promise<unknown>>();
  /** Why it does not work now. */
  private outage: { readonly reason: string; readonly since: number; attempts: number } | undefined;

  constructor(
    private readonly site: Site,
    /** What it is for. */
    private readonly purpose: string,
  ) {}

  /** Does it once. After a failure that will pass, the next one gets a new connection. */
  async run<T>(work: (cluster: WireCluster) => Promise<T>): Promise<T> {
    if (this.closed) throw this.closure();
    const opening = (this.current ??= this.open());
    try {
      const result = await this.untilClosed(this.tracked(opening.then(work)));
      this.works();
      return result;
    } catch (error) {
      if (isPassing(error)) this.drop(opening, error);
      throw error;
    }
  }

  /**
   * Does it again after failures that will pass, so that it must do no harm a second time.
   * @param forMs default: 10 s
   * @throws StorageUnavailable when they do not pass for that time, and for any other failure of Kafka's
   */
  async insist<T>(work: (cluster: WireCluster) => Promise<T>, forMs = patienceMs): Promise<T> {
    const deadline = Date.now() + forMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, mostPauseMs)) {
      try {
        return await this.run(work);
      } catch (error) {
        if (!isPassing(error) || this.closed || Date.now() + pauseMs > deadline) throw this.translate(error);
        // It keeps the process alive: nothing else may do so while there is no connection.
        await delay(pauseMs, undefined, { signal: this.over.signal }).catch(() => undefined);
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

  /** Whoever still waits for an answer is told so. */
  async close(): Promise<void> {
    this.over.abort();
    const disconnected = this.current?.then((cluster) => this.disconnect(cluster)).catch(() => undefined);
    await Promise.race([disconnected, delay(farewellMs, undefined, { ref: false })]);
  }

  private get closed(): boolean {
    return this.over.signal.aborted;
  }

  private closure(): Error {
    return new Error(`The connection for ${this.purpose} has been closed.`);
  }

  /** What is under way connects to its broker anew, which the cluster has forgotten by then. */
  private async disconnect(cluster: WireCluster): Promise<void> {
    const brokers = Object.values(cluster.brokerPool.brokers);
    await cluster.disconnect();
    await Promise.allSettled(this.working);
    await Promise.all([cluster, ...brokers].map((each) => each.disconnect()));
  }

  private tracked<T>(work: Promise<T>): Promise<T> {
    this.working.add(work);
    const ended = (): void => {
      this.working.delete(work);
    };
    work.then(ended, ended);
    return work;
  }

  private untilClosed<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.over;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        reject(this.closure());
      };
      signal.addEventListener('abort', end, { once: true });
      work.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', end);
      });
    });
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
    this.tell(reasonOf(error), error);
    // It waits for what is still under way; nobody waits for it.
    void opening.then((cluster) => this.disconnect(cluster)).catch(() => undefined);
  }

  /** Once for each reason, however often it is tried. */
  private tell(reason: string, error: unknown): void {
    const { purpose, outage } = this;
    const { brokers, incidents } = this.site;
    if (outage?.reason === reason) {
      outage.attempts += 1;
      incidents.count('reconnect', reason);
      return;
    }
    this.outage = { reason, since: outage?.since ?? Date.now(), attempts: 1 };
    const fields = { error: String(error), purpose, brokers };
    const what = `The connection to Kafka for ${purpose} has failed and is made anew until it works`;
    incidents.note('reconnect', reason, fields, what);
  }

  private works(): void {
    if (this.outage === undefined) return;
    const { reason, since, attempts } = this.outage;
    this.outage = undefined;
    const { purpose } = this;
    const fields = { purpose, attempts, ms: Date.now() - since };
    this.site.incidents.note(
      'reconnected',
      reason,
      fields,
      `The connection to Kafka for ${purpose} works again`,
    );
  }
}
