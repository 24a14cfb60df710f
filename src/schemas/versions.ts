import { type Remark, type Judgement, judge, readersOf, type Verdict, verdictOf } from './judge.js';
import { nameOf, type Schema } from './model.js';
import { definitionsIn, shortName } from './names.js';
import { parseSchemas } from './parse.js';
import { type Source } from './source.js';

/** The schemas of a file, or of a folder at one time. */
export interface Snapshot {
  readonly schemas: readonly Schema[];
  /** The full names of all that is defined there, at the top of a file or within. */
  readonly defined: ReadonlySet<string>;
  readonly isFolder: boolean;
}

export const snapshot = (
  sources: readonly Source[],
  isFolder: boolean,
  library: readonly Source[] = [],
): Snapshot => ({
  schemas: parseSchemas(sources, library),
  defined: new Set(
    sources.flatMap(({ file, json }) =>
      [...definitionsIn(json, '', { file, path: '' })].map((each) => each.fullName),
    ),
  ),
  isFolder,
});

/**
 * Judges every schema of `next` by the schemas of the same full name in `history` (the oldest first); by alias or by
 * short name where the full name is new. Two files are compared whatever their names are.
 */
export const judgeSnapshots = (
  next: Snapshot,
  history: readonly Snapshot[],
  judgement: Judgement,
): Verdict => {
  const { mode, registryOnly } = judgement;
  const latest = history.at(-1);
  const matched = new Set<Schema>();
  const found: Remark[] = [];
  for (const schema of next.schemas) {
    const versions = history.flatMap((old) => counterpart(schema, next, old) ?? []);
    for (const version of versions) matched.add(version);
    const { violations, notes } = judge(schema, versions, judgement);
    found.push(...violations, ...notes);
    if (versions.length === 0 && !registryOnly) found.push(added(schema));
  }
  const gone = (latest?.schemas ?? []).filter(
    (schema) => !matched.has(schema) && !next.defined.has(nameOf(schema)) && 'fullName' in schema,
  );
  // Nothing reads their data any more, so that only readers of old data miss them.
  if (readersOf(mode).includes('new') && !registryOnly) found.push(...gone.map(removed));
  return verdictOf(mode, found);
};

const counterpart = (schema: Schema, next: Snapshot, old: Snapshot): Schema | undefined => {
  if (!next.isFolder && !old.isFolder) return old.schemas[0];
  if (!('fullName' in schema)) {
    return old.schemas.find(({ place }) => shortFile(place.file) === shortFile(schema.place.file));
  }
  const candidates = old.schemas.filter((other) => !next.defined.has(nameOf(other)));
  return (
    old.schemas.find((other) => nameOf(other) === schema.fullName) ??
    candidates.find((other) => schema.aliases.includes(nameOf(other))) ??
    candidates.find((other) => shortName(nameOf(other)) === schema.name)
  );
};

const shortFile = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

const about = (schema: Schema): Pick<Remark, 'subject' | 'file' | 'path' | 'writer' | 'reader'> => ({
  subject: nameOf(schema),
  file: schema.place.file,
  path: '/',
  reader: null,
  writer: null,
});

const added = (schema: Schema): Remark => ({
  ...about(schema),
  kind: 'note',
  rule: 'SCHEMA_ADDED',
  message: `${nameOf(schema)} is new: there is nothing to compare it with.`,
  remedy: '',
});

const removed = (schema: Schema): Remark => ({
  ...about(schema),
  kind: 'meaning',
  rule: 'SCHEMA_REMOVED',
  writer: { version: 'old', ...schema.place, schema: nameOf(schema) },
  message: `${nameOf(schema)} is gone: new readers have no schema for data of the old one. A registry does not notice.`,
  remedy: 'Keep the schema as long as there is data of it, or name it in the aliases of its successor.',
});
