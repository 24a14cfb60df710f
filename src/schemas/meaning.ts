import { incompatibilities, namesMatch, pointer, promotions, writerFields } from './compatibility.js';
import { defaultProblem, isOfLaterBranch } from './defaults.js';
import { type Finding, type Half, type NoteRule, type Reading, writing } from './finding.js';
import { logicalChange } from './logical-change.js';
import { describe, type Field, nameOf, type RecordSchema, type Schema, type Union } from './model.js';
import { below } from './names.js';
import { unitChange } from './units.js';

type Path = readonly (string | number)[];

const ofSchema = (schema: Schema): Half => ({ place: schema.place, schema: describe(schema) });
const ofField = ({ place, name, schema }: Field): Half => ({ place, schema: `${name}: ${describe(schema)}` });

/** What becomes of data of `writer` in a reader that a registry finds compatible (specification, "Logical Types"). */
export const meaningChanges = (reader: Schema, writer: Schema, readerIs: Reading): readonly Finding[] => {
  const walk = new Walk(readerIs);
  walk.pair(reader, writer, []);
  return walk.found;
};

const keep = 'Keep the type as it is and add a field of another name, with a default, for the new meaning.';

class Walk {
  readonly found: Finding[] = [];
  readonly #seen = new Map<Schema, Set<Schema>>();
  readonly #who: string;
  readonly #data: string;

  constructor(private readonly readerIs: Reading) {
    this.#who = `A reader with the ${readerIs} schema`;
    this.#data = `data of the ${writing(readerIs)} schema`;
  }

  pair(reader: Schema, writer: Schema, path: Path): void {
    const seen = this.#seen.get(reader) ?? new Set<Schema>();
    this.#seen.set(reader, seen);
    if (seen.has(writer)) return;
    seen.add(writer);
    if (writer.type === 'union') {
      for (const [number, branch] of writer.branches.entries()) this.pair(reader, branch, [...path, number]);
    } else if (reader.type === 'union') {
      this.#readerUnion(reader, writer, path);
    } else if (reader.type === 'array' && writer.type === 'array') {
      this.pair(reader.items, writer.items, [...path, 'items']);
    } else if (reader.type === 'map' && writer.type === 'map') {
      this.pair(reader.values, writer.values, [...path, 'values']);
    } else if (reader.type === writer.type || promotions[reader.type]?.includes(writer.type)) {
      this.#values(reader, writer, path);
    }
  }

  #values(reader: Schema, writer: Schema, path: Path): void {
    const change = logicalChange(reader, writer);
    const sides = { path: pointer(path), reader: ofSchema(reader), writer: ofSchema(writer) };
    if (change) {
      const message = `${this.#who} resolves ${this.#data}, but ${change.what}. A registry does not notice.`;
      this.found.push({ kind: 'meaning', rule: change.rule, ...sides, message, remedy: keep });
    } else if (isLossy(reader, writer)) {
      this.#note(
        'LOSSY_PROMOTION',
        sides,
        `${writer.type} is promoted to ${reader.type}, which cannot hold every value.`,
      );
    }
    if (!('fullName' in reader) || !('fullName' in writer)) return;
    if (reader.fullName !== writer.fullName && reader.name === writer.name) {
      const message = `${writer.fullName} has become ${reader.fullName}: resolution compares the name without namespace, but the subject of TopicRecordNameStrategy, generated classes and a union with both names tell them apart.`;
      this.#note('NAMESPACE_CHANGED', sides, message);
    }
    if (reader.type === 'record' && writer.type === 'record') this.#fields(reader, writer, path);
  }

  #fields(reader: RecordSchema, writer: RecordSchema, path: Path): void {
    for (const [number, field] of reader.fields.entries()) {
      const at = [...path, 'fields', number];
      const [source] = writerFields(field, writer);
      if (!source) {
        // What is wrong in the new schema is found in any case: invalidDefaults.
        if (this.readerIs === 'old') this.found.push(...invalidDefault(field, at, `${this.#who} needs it: `));
        continue;
      }
      const change = unitChange(field, source);
      if (change) {
        this.found.push({
          kind: 'meaning',
          rule: 'UNIT_CHANGED',
          path: pointer(at),
          reader: ofField(field),
          writer: ofField(source),
          message: `${this.#who} takes ${change.writer} for ${change.reader}: ${this.#data} has ${source.name} in ${change.writer}. A registry does not notice.`,
          remedy: `Keep ${source.name} in ${change.writer} and add a field of another name, with a default, in ${change.reader}.`,
        });
      }
      this.pair(field.schema, source.schema, [...at, 'type']);
    }
  }

  #readerUnion(reader: Union, writer: Schema, path: Path): void {
    const able = reader.branches.filter((branch) => incompatibilities(branch, writer).length === 0);
    const chosen =
      able.find((branch) => nameOf(branch) === nameOf(writer)) ??
      able.find((branch) => branch.type === writer.type) ??
      able[0];
    if (!chosen) return;
    const first = reader.branches.find((branch) => matches(branch, writer));
    if (first && first !== chosen) {
      const message = `The specification resolves ${describe(writer)} by the first branch of the reader's union that matches, ${nameOf(first)}; a registry, and Java, by the best one, ${nameOf(chosen)}. ${
        incompatibilities(first, writer).length > 0
          ? 'Readers that follow the specification to the letter fail.'
          : ''
      }`;
      const sides = { path: pointer(path), reader: ofSchema(reader), writer: ofSchema(writer) };
      this.#note('UNION_BRANCH_ORDER', sides, message.trim());
    }
    this.pair(chosen, writer, path);
  }

  #note(rule: NoteRule, sides: Pick<Finding, 'path' | 'reader' | 'writer'>, message: string): void {
    this.found.push({ kind: 'note', rule, ...sides, message, remedy: '' });
  }
}

/** The specification's "match", which does not look into records ("Schema Resolution"). */
const matches = (branch: Schema, writer: Schema): boolean =>
  'fullName' in branch && 'fullName' in writer
    ? branch.type === writer.type && namesMatch(branch, writer)
    : branch.type === writer.type || (promotions[branch.type]?.includes(writer.type) ?? false);

const isLossy = (reader: Schema, writer: Schema): boolean =>
  (reader.type === 'float' && writer.type !== 'float') ||
  (reader.type === 'double' && writer.type === 'long') ||
  (reader.type === 'string' && writer.type === 'bytes');

/** Defaults of a new schema that readers of it would fail with. */
export const invalidDefaults = (schema: Schema): readonly Finding[] => {
  const seen = new Set<Schema>();
  const inside = (inner: Schema, path: Path): readonly Finding[] => {
    if (seen.has(inner)) return [];
    seen.add(inner);
    switch (inner.type) {
      case 'array':
        return inside(inner.items, [...path, 'items']);
      case 'map':
        return inside(inner.values, [...path, 'values']);
      case 'union':
        return inner.branches.flatMap((branch, number) => inside(branch, [...path, number]));
      case 'record':
        return inner.fields.flatMap((field, number) => [
          ...invalidDefault(field, [...path, 'fields', number], ''),
          ...inside(field.schema, [...path, 'fields', number, 'type']),
        ]);
      default:
        return [];
    }
  };
  return inside(schema, []);
};

const invalidDefault = (field: Field, path: Path, whom: string): readonly Finding[] => {
  const sides = {
    path: pointer([...path, 'default']),
    reader: { ...ofField(field), place: below(field.place, 'default') },
    writer: undefined,
  };
  const problem = defaultProblem(field);
  if (problem !== undefined) {
    const message = `${whom}${problem}. Readers fail on data without the field; a registry does not look at defaults when it compares.`;
    const remedy = 'Give the field a default that is valid for its type.';
    return [{ kind: 'meaning', rule: 'INVALID_DEFAULT', ...sides, message, remedy }];
  }
  if (!isOfLaterBranch(field)) return [];
  const message = `The default of ${field.name} is of a later branch of its union: readers before Avro 1.12 take defaults for the first branch only.`;
  return [{ kind: 'note', rule: 'DEFAULT_OF_LATER_BRANCH', ...sides, message, remedy: '' }];
};
