import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type DomainEvent } from '../../kernel/decider.js';
import { type ProjectionFailure } from '../../ports/generations.js';
import { type ReplayPartition, type Routed } from '../../projections/rebuild/replay.js';
import {
  errorOf,
  packed,
  threadMemory,
  type PartitionOrder,
  type PartitionReport,
  type PartitionThreadData,
} from './messages.js';

/** A partition that folds in a thread of its own; the events go there as the texts that the store keeps. */
export class ThreadPartition implements ReplayPartition<DomainEvent> {
  private readonly thread: Worker;
  /** The orders that it has not reported on, in their order. */
  private readonly orders: PromiseWithResolvers<ProjectionFailure | undefined>[] = [];
  private fault: Error | undefined;

  constructor({ config, projection, storage, lease, parallel }: PartitionThreadData) {
    const workerData: PartitionThreadData = { config, projection, storage, lease, parallel };
    this.thread = new Worker(new URL('./partition.thread.js', import.meta.url), {
      workerData,
      resourceLimits: threadMemory,
    });
    this.thread.on('message', (report: PartitionReport) => {
      const order = this.orders.shift();
      if (report.told === 'failed') order?.reject(errorOf(report.fault));
      else order?.resolve(report.poison);
    });
    this.thread.on('error', (error: unknown) => {
      this.abandon(error instanceof Error ? error : new Error(String(error)));
    });
    this.thread.on('exit', () => {
      this.abandon(new Error('A partition of a replay ended by itself.'));
    });
  }

  apply(events: readonly Routed<DomainEvent>[]): Promise<ProjectionFailure | undefined> {
    return this.order({ order: 'apply', events: packed(events.map(({ text }) => text)) });
  }

  async flush(): Promise<void> {
    await this.order({ order: 'flush' });
  }

  async settled(): Promise<void> {
    await this.order({ order: 'settle' });
  }

  /** After the orders that it has. */
  async end(): Promise<void> {
    if (this.fault !== undefined) return;
    const exited = once(this.thread, 'exit');
    this.thread.postMessage({ order: 'end' } satisfies PartitionOrder);
    await exited;
  }

  private order(order: PartitionOrder): Promise<ProjectionFailure | undefined> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    const settled = Promise.withResolvers<ProjectionFailure | undefined>();
    this.orders.push(settled);
    this.thread.postMessage(order);
    return settled.promise;
  }

  private abandon(error: Error): void {
    this.fault ??= error;
    for (const { reject } of this.orders.splice(0)) reject(error);
  }
}
