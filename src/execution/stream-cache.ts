import { type Position } from '../kernel/envelope.js';

/** The events of a stream that one command led to. */
export interface CommandRecord {
  readonly first: number;
  readonly last: number;
  readonly requestHash: string | undefined;
}

/** A stream folded up to a revision. */
export interface StreamState<State> {
  readonly state: State;
  /** -1 while the stream is absent. */
  readonly revision: number;
  readonly position: Position | undefined;
  /** By command id. Shared between the states of one stream: it only ever gains records of committed events. */
  readonly commands: Map<string, CommandRecord>;
}

/**
 * The streams used most recently, weighed by their number of events, since each event may leave a command
 * record behind. It only saves reading: an entry may be stale, and is then found out by the append.
 */
export class StreamCache<State> {
  private readonly entries = new Map<string, StreamState<State>>();
  private weight = 0;

  constructor(private readonly maxWeight: number) {}

  get(stream: string): StreamState<State> | undefined {
    const entry = this.entries.get(stream);
    if (entry === undefined) return undefined;
    this.entries.delete(stream);
    this.entries.set(stream, entry);
    return entry;
  }

  /** Keeps the newer of the two when somebody else has read further meanwhile. */
  put(stream: string, entry: StreamState<State>): void {
    const present = this.entries.get(stream);
    if (present !== undefined && present.revision > entry.revision) return;
    this.drop(stream);
    this.entries.set(stream, entry);
    this.weight += this.weightOf(entry);
    for (const eldest of this.entries.keys()) {
      if (this.weight <= this.maxWeight || eldest === stream) return;
      this.drop(eldest);
    }
  }

  private drop(stream: string): void {
    const entry = this.entries.get(stream);
    if (entry === undefined) return;
    this.entries.delete(stream);
    this.weight -= this.weightOf(entry);
  }

  /** A long stream is dear to read again, so it weighs less than it costs: a few of them must not drive out each other. */
  private weightOf({ revision }: StreamState<State>): number {
    return Math.min(revision + entryOverhead, this.maxWeight / longStreams);
  }
}

/** What an entry costs whatever its length, in events. */
const entryOverhead = 5;
/** This many long streams may fill the cache. */
const longStreams = 50;
