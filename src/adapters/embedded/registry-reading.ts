import { createHash } from 'node:crypto';
import { type SchemaReference, SchemaInvalid, type SchemaText } from '../../ports/schema-registry.js';
import { canonicalText, type Wording } from '../../schemas/canonical.js';
import { invalidDefaults } from '../../schemas/meaning.js';
import { type Schema } from '../../schemas/model.js';
import { InvalidSchema } from '../../schemas/names.js';
import { parseSchemas } from '../../schemas/parse.js';
import { readSource, type Source } from '../../schemas/source.js';
import { type RegistryRows, type VersionRow } from './registry-rows.js';

/** Java's JSON parser, and with it Confluent's registry, goes no deeper. */
const deepest = 1_000;

/** A schema with its names resolved, in the versions that it refers to. */
export interface ReadSchema {
  readonly parsed: Schema;
  /** With the latest version (-1) replaced by its number. */
  readonly references: readonly SchemaReference[];
}

/** A schema that is new to the registry: it must not refer to what is deleted. @throws SchemaInvalid */
export const readNew = (rows: RegistryRows, subject: string, schema: SchemaText): ReadSchema =>
  read(rows, subject, schema, 'schema', false);

/** A schema that may be registered already. @throws SchemaInvalid */
export const readKnown = (rows: RegistryRows, subject: string, schema: SchemaText): ReadSchema =>
  read(rows, subject, schema, 'schema', true);

export const readStored = (rows: RegistryRows, row: VersionRow): ReadSchema =>
  read(rows, row.subject, row, `version ${row.version}`, true);

/** Defaults that readers would fail on (Java Avro refuses them when it parses a new schema). @throws SchemaInvalid */
export const refuseInvalidDefaults = (subject: string, { parsed }: ReadSchema): void => {
  const wrong = invalidDefaults(parsed).find(({ rule }) => rule === 'INVALID_DEFAULT');
  if (wrong !== undefined) throw new SchemaInvalid(subject, `schema at ${wrong.path}: ${wrong.message}`);
};

const read = (
  rows: RegistryRows,
  subject: string,
  { schema, references = [] }: SchemaText,
  file: string,
  deletedToo: boolean,
): ReadSchema => {
  if (schema.trim() === '') throw new SchemaInvalid(subject, 'Empty schema');
  if (depthOf(schema) > deepest) {
    throw new SchemaInvalid(subject, `the schema is nested more than ${deepest} levels deep`);
  }
  try {
    const pinned = references.map((reference) => pin(rows, reference, deletedToo));
    const library = librarySources(
      rows,
      pinned.map(({ reference, target }) => ({ name: reference.name, target })),
    );
    const parsed = parseSchemas([...library, readSource(file, schema)]).at(-1);
    if (parsed === undefined) throw new Error('The parser lost the schema.');
    return { parsed, references: pinned.map(({ reference }) => reference) };
  } catch (error) {
    throw error instanceof InvalidSchema ? new SchemaInvalid(subject, error.message) : error;
  }
};

interface Referred {
  readonly name: string;
  readonly target: VersionRow;
}

const pin = (
  rows: RegistryRows,
  { name, subject, version }: SchemaReference,
  deletedToo: boolean,
): { readonly reference: SchemaReference; readonly target: VersionRow } => {
  const target =
    version === -1
      ? rows.versions(subject).findLast(({ deleted }) => !deleted)
      : rows.version(subject, version);
  if (target === undefined || (target.deleted && !deletedToo)) {
    const place = { file: 'references', path: '' };
    const which = version === -1 ? 'the latest version' : `version ${version}`;
    throw new InvalidSchema(place, `no schema found for ${name}: ${which} of subject "${subject}"`);
  }
  return { reference: { name, subject, version: target.version }, target };
};

/** With what they refer to in turn; where two of them name a type in different versions, the first one counts. */
const librarySources = (
  rows: RegistryRows,
  referred: readonly Referred[],
  names = new Set<string>(),
): readonly Source[] =>
  referred.flatMap(({ name, target }) => {
    if (names.has(name)) return [];
    names.add(name);
    const inner = target.references.map((each) => ({
      name: each.name,
      target: pin(rows, each, true).target,
    }));
    const file = `${target.subject} version ${target.version}`;
    return [...librarySources(rows, inner, names), readSource(file, target.schema)];
  });

const depthOf = (json: string): number => {
  let [depth, greatest] = [0, 0];
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') greatest = Math.max(greatest, ++depth);
    else if (token === ']' || token === '}') depth -= 1;
  }
  return greatest;
};

const asNormalized: Wording = { inlined: false, normalized: true };
const inNormalizedFull: Wording = { inlined: true, normalized: true };

/** Schemas with the same identity are one schema, in whatever subjects they are. */
export const identityOf = ({ parsed, references }: ReadSchema): string =>
  createHash('sha256')
    .update(JSON.stringify([canonicalText(parsed, asNormalized), references]))
    .digest('hex');

/** What the registry keeps. */
export const textOf = (
  { parsed, references }: ReadSchema,
  normalized: boolean,
): { readonly schema: string; readonly references: readonly SchemaReference[] } => ({
  schema: canonicalText(parsed, { inlined: false, normalized }),
  references: normalized ? sorted(references) : references,
});

/** With what it refers to written out. */
export const inlinedText = ({ parsed }: ReadSchema): string =>
  canonicalText(parsed, { inlined: true, normalized: false });

/** Whether one says in full what the other says with references. */
export const saySame = (one: ReadSchema, other: ReadSchema): boolean =>
  canonicalText(one.parsed, inNormalizedFull) === canonicalText(other.parsed, inNormalizedFull);

const sorted = (references: readonly SchemaReference[]): readonly SchemaReference[] => {
  const byKey = new Map(
    references.map((each) => [JSON.stringify([each.subject, each.version, each.name]), each]),
  );
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference);
};
