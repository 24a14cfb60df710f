import { type ReplayTask } from '../../projections/rebuild/work.js';

/** What a process of its own does, and what it says when it is done. All times are in seconds. */
export type RebuildTask = {
  readonly dataDir: string;
  /** Of the program; the addresses of engines, for example. */
  readonly settings?: Readonly<Record<string, string>>;
} & (
  | ({ readonly do: 'rebuild' } & Pick<ReplayTask, 'projection' | 'storage' | 'parallel'>)
  | { readonly do: 'read'; readonly projection: string }
  | { readonly do: 'write'; readonly projection: string; readonly from: string; readonly storage: string }
  | { readonly do: 'bulk-write'; readonly projection: string; readonly from: string }
  | { readonly do: 'drop'; readonly projection: string; readonly storage: string }
  | { readonly do: 'compare'; readonly projection: string; readonly one: string; readonly other: string }
);

export interface TaskDone {
  readonly seconds: number;
  /** Events, or documents. */
  readonly count: number;
  /** The largest resident memory of the process so far; NaN where there is no /proc. */
  readonly mostMb: number;
}
