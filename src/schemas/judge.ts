import { incompatibilities } from './compatibility.js';
import { explain } from './explain.js';
import { type Finding, type Half, type Kind, type Reading, writing } from './finding.js';
import { invalidDefaults, meaningChanges } from './meaning.js';
import { nameOf, type Schema } from './model.js';

/** Confluent's compatibility modes. */
export const modes = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
  'NONE',
] as const;
export type Mode = (typeof modes)[number];

export const defaultMode: Mode = 'FULL_TRANSITIVE';

/** Backward: new readers read old data. Forward: old readers read new data. */
export const readersOf = (mode: Mode): readonly Reading[] => {
  if (mode === 'NONE') return [];
  if (mode.startsWith('FULL')) return ['new', 'old'];
  return mode.startsWith('BACKWARD') ? ['new'] : ['old'];
};

export const isTransitive = (mode: Mode): boolean => mode.endsWith('_TRANSITIVE');

export interface Side {
  readonly version: Reading;
  readonly file: string;
  readonly path: string;
  readonly schema: string;
}

export interface Violation<Of extends Kind = 'registry' | 'meaning'> {
  readonly kind: Of;
  readonly rule: Finding['rule'];
  /** The full name of the schema that is judged, and its file. */
  readonly subject: string;
  readonly file: string;
  /** A JSON pointer into the reader's schema with its names resolved; the sides have the places in their files. */
  readonly path: string;
  readonly reader: Side | null;
  readonly writer: Side | null;
  readonly message: string;
  readonly remedy: string;
}

export type Note = Violation<'note'>;
/** Either of them. */
export type Remark = Violation<Kind>;

export interface Verdict {
  readonly compatible: boolean;
  readonly mode: Mode;
  readonly violations: readonly Violation[];
  readonly notes: readonly Note[];
}

export interface Judgement {
  readonly mode: Mode;
  /** Leaves out what a registry does not look at, and notes. */
  readonly registryOnly: boolean;
}

/**
 * Whether `next` may follow `history`, whose last is the latest version: what Confluent's registry decides by
 * comparing with the latest, or under a transitive mode with every version, and what it does not see.
 */
export const judge = (
  next: Schema,
  history: readonly Schema[],
  { mode, registryOnly }: Judgement,
): Verdict => {
  const readers = readersOf(mode);
  const subject = { subject: nameOf(next), file: next.place.file };
  const versions = isTransitive(mode) ? history : history.slice(-1);
  const defaults = readers.length === 0 || registryOnly ? [] : invalidDefaults(next);
  const found = versions.flatMap((old) =>
    readers.flatMap((readerIs) => {
      const [reader, writer] = readerIs === 'new' ? [next, old] : [old, next];
      const registry = incompatibilities(reader, writer).map((each) => explain(each, readerIs));
      const meaning = registryOnly ? [] : meaningChanges(reader, writer, readerIs);
      return [...registry, ...meaning].map((finding) => told(finding, readerIs, subject));
    }),
  );
  return verdictOf(mode, [...defaults.map((finding) => told(finding, 'new', subject)), ...found]);
};

export const verdictOf = (mode: Mode, found: readonly Remark[]): Verdict => {
  const violations = found.filter(isViolation);
  return { compatible: violations.length === 0, mode, violations, notes: found.filter(isNote) };
};

const isNote = (remark: Remark): remark is Note => remark.kind === 'note';
const isViolation = (remark: Remark): remark is Violation => !isNote(remark);

const told = (
  { kind, rule, path, reader, writer, message, remedy }: Finding,
  readerIs: Reading,
  subject: { readonly subject: string; readonly file: string },
): Remark => ({
  ...{ kind, rule, ...subject, path },
  reader: reader ? side(reader, readerIs) : null,
  writer: writer ? side(writer, writing(readerIs)) : null,
  ...{ message, remedy },
});

const side = ({ place, schema }: Half, version: Reading): Side => ({ version, ...place, schema });
