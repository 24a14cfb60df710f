import { type Field, type NamedSchema, type Schema } from './model.js';
import { isObject, type JsonObject, namespaceOf, shortName, text } from './names.js';
import { numberAsWritten } from './source.js';

export interface Wording {
  /** Definitions from other documents are written out; else they are referred to by name. */
  readonly inlined: boolean;
  /** What has no order in Avro, unknown attributes and aliases, is sorted. */
  readonly normalized: boolean;
}

/**
 * The schema as Java Avro writes it (Schema.toString): one text for all that differ in white space, in the order of
 * Avro's own attributes, or in how names are qualified. Documentation, aliases, defaults and unknown attributes stay.
 * This is what Confluent's registry keeps; it is not the specification's Parsing Canonical Form, which drops them.
 */
export const canonicalText = (schema: Schema, wording: Wording): string =>
  new Writer(schema.place.file, wording).schema(schema, '');

/** Attributes that mean something in a schema or a field, or that Java Avro drops where they do not. */
const ofSchemas = [
  'type',
  'name',
  'namespace',
  'doc',
  'aliases',
  'fields',
  'items',
  'values',
  'symbols',
  'size',
];
const ofFields = ['type', 'name', 'doc', 'aliases', 'default', 'order'];

type Entry = readonly [key: string, json: string];

class Writer {
  readonly #defined = new Set<string>();

  constructor(
    private readonly file: string,
    private readonly wording: Wording,
  ) {}

  schema(schema: Schema, namespace: string): string {
    switch (schema.type) {
      case 'union':
        return `[${schema.branches.map((branch) => this.schema(branch, namespace)).join(',')}]`;
      case 'array':
      case 'map': {
        const [key, inner] =
          schema.type === 'array' ? (['items', schema.items] as const) : (['values', schema.values] as const);
        return object([
          ['type', JSON.stringify(schema.type)],
          [key, this.schema(inner, namespace)],
          ...this.#unknown(schema.attributes, ofSchemas),
        ]);
      }
      case 'record':
      case 'enum':
      case 'fixed':
        return this.#named(schema, namespace);
      default: {
        const unknown = this.#unknown(schema.attributes, ofSchemas);
        const type = JSON.stringify(schema.type);
        return unknown.length === 0 ? type : object([['type', type], ...unknown]);
      }
    }
  }

  #named(schema: NamedSchema, namespace: string): string {
    const { fullName, attributes, aliases, place } = schema;
    const own = namespaceOf(fullName);
    if (this.#defined.has(fullName) || (place.file !== this.file && !this.wording.inlined)) {
      return JSON.stringify(own === namespace ? shortName(fullName) : fullName);
    }
    this.#defined.add(fullName);
    const doc = text(attributes, 'doc');
    const known = schema.type === 'enum' ? [...ofSchemas, 'default'] : ofSchemas;
    return object([
      ['type', JSON.stringify(attributes['type'])],
      ['name', JSON.stringify(shortName(fullName))],
      ...(own === namespace ? [] : ([['namespace', JSON.stringify(own)]] as const)),
      ...(doc === undefined ? [] : ([['doc', JSON.stringify(doc)]] as const)),
      ...this.#body(schema, own),
      ...this.#unknown(attributes, known),
      ...this.#aliases(aliases.map((alias) => (namespaceOf(alias) === own ? shortName(alias) : alias))),
    ]);
  }

  #body(schema: NamedSchema, namespace: string): readonly Entry[] {
    switch (schema.type) {
      case 'record':
        return [['fields', `[${schema.fields.map((field) => this.#field(field, namespace)).join(',')}]`]];
      case 'enum': {
        const { symbols, default: fallback } = schema;
        const entry = ['symbols', JSON.stringify(symbols)] as const;
        return fallback === undefined ? [entry] : [entry, ['default', JSON.stringify(fallback)]];
      }
      case 'fixed':
        return [['size', String(schema.size)]];
    }
  }

  #field({ name, schema, attributes, aliases }: Field, namespace: string): string {
    const doc = text(attributes, 'doc');
    const order = text(attributes, 'order')?.toLowerCase() ?? 'ascending';
    return object([
      ['name', JSON.stringify(name)],
      ['type', this.schema(schema, namespace)],
      ...(doc === undefined ? [] : ([['doc', JSON.stringify(doc)]] as const)),
      ...('default' in attributes ? ([['default', this.#value(attributes, 'default')]] as const) : []),
      ...(order === 'ascending' ? [] : ([['order', JSON.stringify(order)]] as const)),
      ...this.#aliases(aliases),
      ...this.#unknown(attributes, ofFields),
    ]);
  }

  #aliases(aliases: readonly string[]): readonly Entry[] {
    const listed = this.wording.normalized ? aliases.toSorted() : aliases;
    return listed.length === 0 ? [] : [['aliases', JSON.stringify(listed)]];
  }

  #unknown(attributes: JsonObject, known: readonly string[]): readonly Entry[] {
    return this.#entries(attributes, (key) => !known.includes(key));
  }

  #entries(json: JsonObject, isWanted: (key: string) => boolean): readonly Entry[] {
    const keys = Object.keys(json).filter(isWanted);
    return (this.wording.normalized ? keys.toSorted() : keys).map((key) => [key, this.#value(json, key)]);
  }

  #value(holder: JsonObject | readonly unknown[], key: string): string {
    const value: unknown = Reflect.get(holder, key);
    if (Array.isArray(value))
      return `[${[...value.keys()].map((at) => this.#value(value, String(at))).join(',')}]`;
    if (isObject(value)) return object(this.#entries(value, () => true));
    return numberAsWritten(holder, key) ?? JSON.stringify(value);
  }
}

const object = (entries: readonly Entry[]): string =>
  `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
