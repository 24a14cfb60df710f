import { type Position } from '../kernel/envelope.js';
import { type Lease } from './leases.js';

/**
 * A JSON value at a dotted path of the document (`price.amountMinor`), through objects. Where an array is on the way, or
 * no single value at the end, what is found and how it sorts is the engine's own.
 */
export type Path = string;

export interface ViewDefinition {
  /** Names the storage: letters, digits and underscores. A new one starts empty. */
  readonly name: string;
  /** Each list of paths that queries filter and sort by, equality paths first, then range or sort path. */
  readonly indexes: readonly (readonly Path[])[];
}

export interface Stored<Doc> {
  readonly id: string;
  /** Position of the last event that changed the document. */
  readonly position: Position;
  readonly doc: Doc;
}

export type Scalar = string | number | boolean | null;

/** All conditions must hold. The subset that every adapter pushes down to its engine. */
export type Condition =
  | { readonly path: Path; readonly equals: Scalar }
  | { readonly path: Path; readonly atLeast: Scalar }
  | { readonly path: Path; readonly atMost: Scalar }
  /** Case-insensitive (ASCII) substring of any of the paths' texts. */
  | { readonly paths: readonly Path[]; readonly contains: string };

export interface ViewQuery {
  readonly where?: readonly Condition[];
  /**
   * Missing values and null are less than all others; of values of different kinds the engine says which are less.
   * Ties are broken by id, in the same direction. Default: by id. Texts are compared by their UTF-8 bytes.
   */
  readonly sort?: { readonly path: Path; readonly direction: 'ascending' | 'descending' };
  readonly limit: number;
  /** The cursor of the page before; opaque, bound to the sort it came from. */
  readonly cursor?: string;
}

export interface Page<Doc> {
  readonly items: readonly Stored<Doc>[];
  readonly nextCursor: string | null;
}

/** `doc: null` removes the document. */
export interface Change<Doc> {
  readonly id: string;
  readonly position: Position;
  readonly doc: Doc | null;
}

/** One view's documents and how far the view has got. Disposable: rebuilt by replaying the events. */
export interface View<Doc extends object> {
  get(id: string): Promise<Stored<Doc> | undefined>;
  /** The documents there are, by id, in any order. */
  getMany(ids: readonly string[]): Promise<readonly Stored<Doc>[]>;
  /** @throws InvalidCursor for a cursor that this query did not make. */
  find(query: ViewQuery): Promise<Page<Doc>>;
  /** How many documents meet all the conditions. */
  count(where: readonly Condition[]): Promise<number>;
  /**
   * Documents behind the id given, by id in ascending order of its UTF-8 bytes: for whoever goes through all of them,
   * whatever is written meanwhile.
   */
  scan(after: string | undefined, limit: number): Promise<readonly Scanned[]>;
  /**
   * Writes the documents, then the checkpoint; null leaves the checkpoint where it is. A change that is not newer than its stored document is skipped
   * (position guard), so repeating a write after a crash changes nothing.
   * @throws LeaseLost when the lease given has passed to another owner; nothing was written.
   */
  write(changes: readonly Change<Doc>[], checkpoint: Position | null, lease?: Lease): Promise<void>;
  /** undefined while the view has never been written. */
  checkpoint(): Promise<Position | undefined>;
}

/** What queries need of a view. */
export type ReadableView<Doc extends object> = Pick<
  View<Doc>,
  'get' | 'getMany' | 'find' | 'count' | 'checkpoint'
>;

/** A document as the engine keeps it. */
export interface Scanned {
  readonly id: string;
  readonly position: Position;
  /** The document's JSON. */
  readonly text: string;
}

export interface Views {
  /** Makes the storage, and the indexes that are missing: at the latest when the first call on it is answered. */
  open<Doc extends object>(definition: ViewDefinition): View<Doc>;
  /** The storage, if it is there: to look at one never makes it. */
  existing<Doc extends object>(name: string): Promise<View<Doc> | undefined>;
  /** The names of the storages there are. */
  names(): Promise<readonly string[]>;
  /** Removes the storage, if it is there; who has it open still gets `ViewDropped` from then on, or old documents. */
  drop(name: string): Promise<void>;
}

/** The storage is gone: it was pruned, or its build was cancelled. */
export class ViewDropped extends Error {
  constructor(readonly storage: string) {
    super(
      `The storage ${storage} of a view has been removed. Ask again: another generation of the view serves.`,
    );
    this.name = 'ViewDropped';
  }
}

export class InvalidCursor extends Error {
  constructor() {
    super(
      'The cursor does not belong to this query: take nextCursor of the page before, with the same sort.',
    );
    this.name = 'InvalidCursor';
  }
}
