import { type DomainEvent } from '../../kernel/decider.js';
import { type Position } from '../../kernel/envelope.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Comparison } from '../../ports/generations.js';
import { type Lease } from '../../ports/leases.js';
import { type View, ViewDropped, type Views } from '../../ports/views.js';
import { type Projection, viewIn } from '../projection.js';
import { compare } from './compare.js';
import { Partition } from './partition.js';
import { replay, type ReplayEnd, type ReplayPartition } from './replay.js';

/** The parts of a build that keep a processor busy; what they are told is plain data, so that a thread can do them. */
export interface BuildWork {
  replay(task: ReplayTask, watch: Watch): Promise<ReplayEnd>;
  compare(task: CompareTask, watch: Watch): Promise<Comparison>;
}

export interface ReplayTask {
  readonly projection: string;
  readonly storage: string;
  readonly lease: Lease;
  readonly parallel: number;
  readonly mostEvents?: number;
}

export interface CompareTask {
  readonly projection: string;
  readonly serving: string;
  readonly built: string;
  /** About how many documents there are at most. */
  readonly size: number;
}

export interface Watch {
  readonly signal: AbortSignal;
  /** @param done events that were read, or documents that were compared */
  readonly onProgress: (done: number, position?: Position) => void;
}

export interface WorkPorts {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'subscribeTexts'>;
  readonly views: Pick<Views, 'open' | 'existing'>;
}

/** In this thread; with partitions of its own unless others are given. */
export class LocalWork<Event extends DomainEvent, Doc extends object> implements BuildWork {
  constructor(
    private readonly projection: Projection<Event, Doc>,
    private readonly ports: WorkPorts,
    private readonly partitions?: readonly ReplayPartition<Event>[],
  ) {}

  async replay(
    { storage, lease, mostEvents }: ReplayTask,
    { signal, onProgress }: Watch,
  ): Promise<ReplayEnd> {
    const { eventStore, views } = this.ports;
    // Indexes cost less when they are made at the end.
    const view = views.open<Doc>({ name: storage, indexes: [] });
    const partitions = this.partitions ?? [new Partition(this.projection, view, lease)];
    const end = await replay(this.projection, {
      eventStore,
      view,
      lease,
      partitions,
      signal,
      onProgress: (position, events) => {
        onProgress(events, position);
      },
      ...(mostEvents === undefined ? {} : { mostEvents }),
    });
    if (end.is === 'caught up') await views.open<Doc>(viewIn(this.projection, storage)).checkpoint();
    return end;
  }

  async compare({ serving, built }: CompareTask, { signal, onProgress }: Watch): Promise<Comparison> {
    const { eventStore, views } = this.ports;
    return compare(this.projection, {
      eventStore,
      serving: await existing(views, serving),
      built: await existing(views, built),
      signal,
      onProgress: (documents) => {
        onProgress(documents);
      },
    });
  }
}

const existing = async (views: Pick<Views, 'existing'>, storage: string): Promise<View<object>> => {
  const view = await views.existing(storage);
  if (view === undefined) throw new ViewDropped(storage);
  return view;
};
