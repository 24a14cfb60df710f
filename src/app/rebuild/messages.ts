import { type Position } from '../../kernel/envelope.js';
import { type EventText } from '../../ports/event-store.js';
import { type Comparison, type ProjectionFailure } from '../../ports/generations.js';
import { type Lease, LeaseLost } from '../../ports/leases.js';
import { type ReplayEnd } from '../../projections/rebuild/replay.js';
import { type CompareTask, type ReplayTask } from '../../projections/rebuild/work.js';
import { type Config } from '../config.js';

/** What the threads of a rebuild are started with and tell each other: plain data. */

/** What a thread lives on is far less; a bound makes it give back what it has used up, instead of growing. */
export const threadMemory = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };

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
  | { readonly order: 'apply'; readonly events: readonly EventText[] }
  | { readonly order: 'flush' }
  | { readonly order: 'end' };

export type PartitionReport =
  | { readonly told: 'done'; readonly poison: ProjectionFailure | undefined }
  | { readonly told: 'failed'; readonly fault: Fault };

/** An error on its way from one thread to another. */
export interface Fault {
  readonly lost: Lease | undefined;
  readonly text: string;
}

export const faultOf = (error: unknown): Fault => ({
  lost: error instanceof LeaseLost ? error.lease : undefined,
  text: error instanceof Error ? (error.stack ?? error.message) : String(error),
});

export const errorOf = ({ lost, text }: Fault): Error =>
  lost === undefined ? new Error(`A thread of a rebuild failed: ${text}`) : new LeaseLost(lost);
