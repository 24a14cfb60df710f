import {
  type EnumSchema,
  type Field,
  type FixedSchema,
  type RecordSchema,
  type Schema,
  type Union,
} from './model.js';

/** Java Avro's names for what can be wrong, and AMBIGUOUS_ALIAS where it fails with an exception. */
export type RegistryRule =
  | 'TYPE_MISMATCH'
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'MISSING_UNION_BRANCH'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'AMBIGUOUS_ALIAS';

export interface Incompatibility {
  readonly rule: RegistryRule;
  /** Where, as Java Avro tells it: a JSON pointer into the reader's schema, an index into a union being the writer's. */
  readonly path: string;
  readonly reader: Schema;
  readonly writer: Schema;
  /** The field, symbols, branch or size that it is about, worded as Java Avro words it. */
  readonly detail: string;
  readonly field?: Field;
  /** The branch of the writer's union that cannot be read. */
  readonly branch?: Schema;
  /** Only data of one branch of the writer's union cannot be read. */
  readonly ofOneBranch?: boolean;
  /** Why no branch of a union would do. */
  readonly causes?: readonly Incompatibility[];
}

/**
 * Whether data of `writer` can always be read as `reader`, decided as Java Avro 1.12's SchemaCompatibility decides
 * it, which is what a Confluent registry asks; no incompatibility: compatible. It follows the specification's
 * "Schema Resolution" but for three things: names are compared without their namespace everywhere; a union is
 * judged by all of its branches, not datum by datum; of a reader's union any branch that can read will do, not the
 * first that matches.
 */
export const incompatibilities = (reader: Schema, writer: Schema): readonly Incompatibility[] => {
  try {
    return new Resolution().check(reader, writer, []);
  } catch (error) {
    if (error instanceof AmbiguousAlias) return [error.found];
    throw error;
  }
};

class AmbiguousAlias extends Error {
  constructor(readonly found: Incompatibility) {
    super(found.detail);
  }
}

type Path = readonly (string | number)[];

export const pointer = (path: Path): string => `/${path.join('/')}`;

/** The types a reader's type is promoted to from (specification, "Schema Resolution"). */
export const promotions: Readonly<Partial<Record<Schema['type'], readonly Schema['type'][]>>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
};

class Resolution {
  // A pair under way counts as compatible, and what was concluded from that is kept even when the pair turns out not
  // to be: as in Java Avro.
  readonly #known = new Map<Schema, Map<Schema, readonly Incompatibility[]>>();

  check(reader: Schema, writer: Schema, path: Path): readonly Incompatibility[] {
    const byWriter = this.#known.get(reader) ?? new Map<Schema, readonly Incompatibility[]>();
    this.#known.set(reader, byWriter);
    const known = byWriter.get(writer);
    if (known) return known;
    byWriter.set(writer, []);
    const found = this.#compare(reader, writer, path);
    byWriter.set(writer, found);
    return found;
  }

  #compare(reader: Schema, writer: Schema, path: Path): readonly Incompatibility[] {
    if (writer.type === 'union') {
      return reader.type === 'union'
        ? this.#unions(reader, writer, path)
        : writer.branches.flatMap((branch, number) =>
            this.check(reader, branch, [...path, number]).map((found) => ({ ...found, ofOneBranch: true })),
          );
    }
    if (reader.type === 'union') return this.#readerUnion(reader, writer, path);
    if (reader.type === 'array' && writer.type === 'array') {
      return this.check(reader.items, writer.items, [...path, 'items']);
    }
    if (reader.type === 'map' && writer.type === 'map') {
      return this.check(reader.values, writer.values, [...path, 'values']);
    }
    if (reader.type === 'fixed' && writer.type === 'fixed') {
      return [...names(reader, writer, path), ...sizes(reader, writer, path)];
    }
    if (reader.type === 'enum' && writer.type === 'enum') {
      return [...names(reader, writer, path), ...symbols(reader, writer, path)];
    }
    if (reader.type === 'record' && writer.type === 'record') {
      return [...names(reader, writer, path), ...this.#fields(reader, writer, path)];
    }
    if (reader.type === writer.type || promotions[reader.type]?.includes(writer.type)) return [];
    return [typeMismatch(reader, writer, path)];
  }

  #unions(reader: Union, writer: Union, path: Path): readonly Incompatibility[] {
    return writer.branches.flatMap((branch, number) => {
      const causes = this.check(reader, branch, []);
      if (causes.length === 0) return [];
      const missing = missingBranch(reader, branch, [...path, number]);
      return [{ ...missing, writer, branch, causes: causes.flatMap((cause) => cause.causes ?? []) }];
    });
  }

  #readerUnion(reader: Union, writer: Schema, path: Path): readonly Incompatibility[] {
    const causes: Incompatibility[] = [];
    for (const branch of reader.branches) {
      const found = this.check(branch, writer, []);
      if (found.length === 0) return [];
      // Only a branch of the writer's kind says something: that null does not read a record is no news.
      if (branch.type === writer.type) causes.push(...found);
    }
    return [{ ...missingBranch(reader, writer, path), causes }];
  }

  #fields(reader: RecordSchema, writer: RecordSchema, path: Path): readonly Incompatibility[] {
    return reader.fields.flatMap((field, number) => {
      const at = [...path, 'fields', number];
      const written = writerFields(field, writer);
      const [source] = written;
      if (written.length > 1) {
        const detail = `${field.name} matches ${written.map(({ name }) => name).join(' and ')}`;
        throw new AmbiguousAlias({
          rule: 'AMBIGUOUS_ALIAS',
          path: pointer(at),
          reader,
          writer,
          detail,
          field,
        });
      }
      if (source) return this.check(field.schema, source.schema, [...at, 'type']);
      if (field.default) return [];
      // Java Avro compares the enum with the writer's record, which cannot be compatible: the same verdict by
      // another name.
      if (field.schema.type === 'enum' && field.schema.default !== undefined) {
        return this.check(field.schema, writer, [...at, 'type']).map((found) => ({ ...found, field }));
      }
      const rule = 'READER_FIELD_MISSING_DEFAULT_VALUE';
      return [{ rule, path: pointer(at), reader, writer, detail: field.name, field }];
    });
  }
}

/** The writer's fields by the reader's name or aliases: the data of a field is in the only one there may be. */
export const writerFields = ({ name, aliases }: Field, writer: RecordSchema): readonly Field[] => {
  const byName = fieldsByName.get(writer) ?? new Map(writer.fields.map((field) => [field.name, field]));
  fieldsByName.set(writer, byName);
  return [name, ...aliases].flatMap((wanted) => byName.get(wanted) ?? []);
};

const fieldsByName = new WeakMap<RecordSchema, ReadonlyMap<string, Field>>();

type Definition = RecordSchema | EnumSchema | FixedSchema;

/** "Both schemas are records with the same (unqualified) name", or an alias of the reader's is the writer's name. */
export const namesMatch = (reader: Definition, writer: Definition): boolean =>
  reader.name === writer.name || reader.aliases.includes(writer.fullName);

const names = (reader: Definition, writer: Definition, path: Path): readonly Incompatibility[] =>
  namesMatch(reader, writer)
    ? []
    : [
        {
          rule: 'NAME_MISMATCH',
          path: pointer([...path, 'name']),
          reader,
          writer,
          detail: `expected: ${writer.fullName}`,
        },
      ];

const sizes = (reader: FixedSchema, writer: FixedSchema, path: Path): readonly Incompatibility[] =>
  reader.size === writer.size
    ? []
    : [
        {
          rule: 'FIXED_SIZE_MISMATCH',
          path: pointer([...path, 'size']),
          reader,
          writer,
          detail: `expected: ${writer.size}, found: ${reader.size}`,
        },
      ];

const symbols = (reader: EnumSchema, writer: EnumSchema, path: Path): readonly Incompatibility[] => {
  const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol)).sort();
  if (missing.length === 0 || reader.default !== undefined) return [];
  const detail = `[${missing.join(', ')}]`;
  return [{ rule: 'MISSING_ENUM_SYMBOLS', path: pointer([...path, 'symbols']), reader, writer, detail }];
};

const typeMismatch = (reader: Schema, writer: Schema, path: Path): Incompatibility => ({
  rule: 'TYPE_MISMATCH',
  path: pointer(path),
  reader,
  writer,
  detail: `reader type: ${reader.type.toUpperCase()} not compatible with writer type: ${writer.type.toUpperCase()}`,
});

const missingBranch = (reader: Union, writer: Schema, path: Path): Incompatibility => ({
  rule: 'MISSING_UNION_BRANCH',
  path: pointer(path),
  reader,
  writer,
  detail: `reader union lacking writer type: ${writer.type.toUpperCase()}`,
});
