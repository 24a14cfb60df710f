import { type Instant, type Position } from '../kernel/envelope.js';
import { type Scalar } from './views.js';

/** One build of a view, in a storage of its own. */
export interface Generation {
  /** Counts the builds of the view. */
  readonly number: number;
  /** Of the projection that wrote it. */
  readonly version: number;
  readonly storage: string;
  /** When its build was asked for. */
  readonly createdAt: Instant;
}

export type BuildPhase =
  /** The events are folded from the start. */
  | 'replaying'
  /** It follows what has been committed meanwhile. */
  | 'catching up'
  /** Its documents are compared with the serving ones. */
  | 'comparing'
  /** It follows the events, and waits for an operator's `switch`. */
  | 'waiting'
  /** It stopped at an event or a document, and waits for a fix. */
  | 'failed';

export interface BuildProgress {
  /** Share of the log that has been read, 0 to 1. */
  readonly fraction: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** null while nobody knows. */
  readonly remainingSeconds: number | null;
  readonly position: Position | null;
  /** That have been compared. */
  readonly documents: number;
  readonly updatedAt: Instant;
}

/** A document of one of the two generations that are compared. */
export interface ComparedDocument {
  readonly position: Position;
  /** Of the document with its keys in order: SHA-256, the first 16 hexadecimal digits. */
  readonly digest: string;
  /** Left out of a difference that is only counted, and where it is very large. */
  readonly doc?: unknown;
}

export interface Difference {
  readonly id: string;
  /** `missing`: the serving generation alone has it; `extra`: the new one alone has it. */
  readonly is: 'missing' | 'extra' | 'changed';
  /** Where the documents differ, with both values: the first ones. */
  readonly paths: readonly {
    readonly path: string;
    readonly serving: ComparedValue;
    readonly built: ComparedValue;
  }[];
  readonly serving: ComparedDocument | null;
  readonly built: ComparedDocument | null;
}

/** A scalar, or the JSON of what is none; undefined where there is nothing. */
export type ComparedValue = Scalar | undefined;

export interface Comparison {
  /** Both generations are compared as they were after this event. */
  readonly position: Position;
  readonly documents: { readonly serving: number; readonly built: number };
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
  /** Changed by events that the serving generation has not got to, and does not get to. */
  readonly unjudged: number;
  /** The first ones. */
  readonly differences: readonly Difference[];
}

/** The event that a projection cannot get past, and the document that it concerns; null when nobody can tell. */
export interface ProjectionFailure {
  readonly message: string;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly documentId: string | null;
}

export interface Build extends Generation {
  readonly phase: BuildPhase;
  /** `when equal`, or when the version has changed; `on command`: never by itself. */
  readonly switches: 'when equal' | 'on command';
  /** An operator has said `switch`. */
  readonly switchNow: boolean;
  /** Partitions of the replay. */
  readonly parallel: number;
  /** Counts the starts after a failure. */
  readonly attempt: number;
  readonly progress: BuildProgress;
  readonly comparison: Comparison | null;
  readonly failure: ProjectionFailure | null;
}

/** What there is of one view. */
export interface GenerationsOf {
  readonly projection: string;
  readonly serving: Generation | null;
  /** Those that served before, the latest first; kept until they are pruned. */
  readonly former: readonly Generation[];
  readonly build: Build | null;
  /** The number of the last build. */
  readonly last: number;
  /** Of the last build that was compared. */
  readonly comparison: Comparison | null;
}

export interface Versioned {
  readonly generations: GenerationsOf;
  /** Changes with every save. */
  readonly revision: number;
}

/** Which generations of each view there are, and which one serves: one entry a view, saved as a whole. */
export interface Generations {
  load(projection: string): Promise<Versioned | undefined>;
  /** @returns false when somebody else has saved since the revision (null: nobody has yet); nothing was written. */
  save(generations: GenerationsOf, since: number | null): Promise<boolean>;
}
