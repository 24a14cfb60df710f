import { type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { type EventText } from '../../ports/event-store.js';
import { type Comparison, type ProjectionFailure } from '../../ports/generations.js';
import { type Lease, LeaseLost } from '../../ports/leases.js';
import { ViewDropped } from '../../ports/views.js';
import { type ReplayEnd } from '../../projections/rebuild/replay.js';
import { type CompareTask, type ReplayTask } from '../../projections/rebuild/work.js';
import { type Config } from '../config.js';

/** What the threads of a rebuild are started with and tell each other: plain data. */

/** What a thread lives on is far less; a bound makes it give back what it has used up, instead of growing. */
export const threadMemory = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

export interface BuildThreadData {
  readonly config: Config;
  readonly work:
    | { readonly do: 'replay'; readonly task: ReplayTask }
    | { readonly do: 'compare'; readonly task: CompareTask };
}

export type BuildThreadReport =
  | { readonly told: 'progress'; readonly done: number; readonly position: Position | undefined }
  | { readonly told: 'replayed'; readonly end: ReplayEnd }
  | { readonly told: 'compared'; readonly comparison: Comparison }
  | { readonly told: 'failed'; readonly fault: Fault };

export interface PartitionThreadData {
  /** How many share the documents in memory. */
  readonly parallel: number;
  readonly config: Config;
  readonly projection: string;
  readonly storage: string;
  readonly lease: Lease;
}

export type PartitionOrder =
  /** `events`: the JSON of many events in one text, which costs a fraction of what as many objects do. */
  | { readonly order: 'apply'; readonly events: string }
  | { readonly order: 'flush' | 'settle' }
  | { readonly order: 'end' };

export type PartitionReport =
  | { readonly told: 'done'; readonly poison: ProjectionFailure | undefined }
  | { readonly told: 'failed'; readonly fault: Fault };

/** The events as JSON, of which data and metadata are already. */
export const packed = (events: readonly EventText[]): string =>
  `[${events
    .map(
      ({ id, type, version, stream, revision, position, data, metadata }) =>
        `{"id":${JSON.stringify(id)},"type":${JSON.stringify(type)},"version":${version},` +
        `"stream":${JSON.stringify(stream)},"revision":${revision},"position":${JSON.stringify(position)},` +
        `"data":${data},"metadata":${metadata}}`,
    )
    .join(',')}]`;

export const unpacked = (events: string): readonly RecordedEvent[] =>
  JSON.parse(events) as readonly RecordedEvent[];

/** An error on its way from one thread to another. */
export interface Fault {
  readonly lost: Lease | undefined;
  readonly dropped: string | undefined;
  readonly text: string;
}

export const faultOf = (error: unknown): Fault => ({
  lost: error instanceof LeaseLost ? error.lease : undefined,
  dropped: error instanceof ViewDropped ? error.storage : undefined,
  text: error instanceof Error ? (error.stack ?? error.message) : String(error),
});

export const errorOf = ({ lost, dropped, text }: Fault): Error => {
  if (lost !== undefined) return new LeaseLost(lost);
  return dropped === undefined
    ? new Error(`A thread of a rebuild failed: ${text}`)
    : new ViewDropped(dropped);
};
