import { type RegistryRule } from './compatibility.js';
import { type Place } from './model.js';

/** What a registry lets through, and what still makes wrong data of right data. */
export type MeaningRule =
  | 'DECIMAL_SCALE_CHANGED'
  | 'DECIMAL_PRECISION_CHANGED'
  | 'TIME_UNIT_CHANGED'
  | 'LOGICAL_TYPE_CHANGED'
  | 'LOGICAL_TYPE_ADDED'
  | 'LOGICAL_TYPE_REMOVED'
  | 'INVALID_DEFAULT'
  | 'UNIT_CHANGED'
  | 'SCHEMA_REMOVED';

/** What is no violation, but worth knowing before it is published. */
export type NoteRule =
  'NAMESPACE_CHANGED' | 'LOSSY_PROMOTION' | 'UNION_BRANCH_ORDER' | 'DEFAULT_OF_LATER_BRANCH' | 'SCHEMA_ADDED';

export type Kind = 'registry' | 'meaning' | 'note';

export interface Half {
  readonly place: Place;
  readonly schema: string;
}

export interface Finding {
  readonly kind: Kind;
  readonly rule: RegistryRule | MeaningRule | NoteRule;
  readonly path: string;
  readonly reader: Half | undefined;
  readonly writer: Half | undefined;
  readonly message: string;
  readonly remedy: string;
}

/** Which of the two schemas reads; the other one has written. */
export type Reading = 'new' | 'old';

export const writing = (reader: Reading): Reading => (reader === 'new' ? 'old' : 'new');
