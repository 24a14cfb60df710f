import { aliasesOf, enumOf, fixedOf } from './definitions.js';
import { logicalType } from './logical.js';
import { type Source } from './source.js';
import {
  type Field,
  nameOf,
  type NamedSchema,
  type Place,
  type Primitive,
  primitives,
  type Schema,
  type Union,
} from './model.js';
import {
  below,
  type Definition,
  definedKind,
  definitionsIn,
  fullName,
  InvalidSchema,
  isName,
  isObject,
  type JsonObject,
  namespaceOf,
  sameDefinition,
  shortName,
  text,
} from './names.js';

/**
 * The schemas of `sources`, in their order (specification, "Schema Declaration" and "Names"). They may refer to one
 * another, and to what is defined in `library`, which is looked into for names that none of them defines.
 */
export const parseSchemas = (
  sources: readonly Source[],
  library: readonly Source[] = [],
): readonly Schema[] => {
  const parser = new Parser(index(sources), library);
  return sources.map(({ file, json }) => parser.schema(json, '', { file, path: '' }));
};

export const parseSchema = (json: unknown, file = 'schema', library: readonly Source[] = []): Schema => {
  const parser = new Parser(index([{ file, json }]), library);
  return parser.schema(json, '', { file, path: '' });
};

const index = (sources: readonly Source[]): Map<string, Definition> => {
  const definitions = new Map<string, Definition>();
  for (const { file, json } of sources) {
    for (const found of definitionsIn(json, '', { file, path: '' })) {
      const known = definitions.get(found.fullName);
      if (known && !sameDefinition(known.json, found.json)) {
        const { place } = known;
        throw new InvalidSchema(
          found.place,
          `${found.fullName} is defined otherwise in ${place.file} at ${place.path || '/'}`,
        );
      }
      definitions.set(found.fullName, known ?? found);
    }
  }
  return definitions;
};

class Parser {
  readonly #named = new Map<string, NamedSchema>();
  readonly #complete = new Set<string>();
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #library: readonly Source[];

  constructor(definitions: ReadonlyMap<string, Definition>, library: readonly Source[]) {
    this.#definitions = definitions;
    this.#library = library;
  }

  schema(json: unknown, namespace: string, place: Place): Schema {
    if (typeof json === 'string') return this.#reference(json, namespace, place);
    if (Array.isArray(json)) return this.#union(json, namespace, place);
    if (!isObject(json))
      throw new InvalidSchema(place, 'a schema is a name, an object or a list of branches');
    const type = text(json, 'type');
    if (type === undefined)
      throw new InvalidSchema(place, 'an object that is a schema needs a "type" that is a name');
    const primitive = primitives.find((name) => name === type);
    if (primitive) return this.#primitive(primitive, json, place);
    if (definedKind(json))
      return this.#definition({ fullName: this.#fullName(json, namespace, place), json, place });
    switch (type) {
      case 'array':
        return { type, place, attributes: json, items: this.#inner(json, 'items', namespace, place) };
      case 'map':
        return { type, place, attributes: json, values: this.#inner(json, 'values', namespace, place) };
      default:
        return this.#reference(type, namespace, place);
    }
  }

  #primitive(type: Primitive['type'], attributes: JsonObject, place: Place): Primitive {
    const logical = logicalType(attributes, type);
    return { type, place, attributes, ...(logical && { logical }) };
  }

  #inner(json: JsonObject, key: string, namespace: string, place: Place): Schema {
    if (!(key in json)) throw new InvalidSchema(place, `"${key}" is missing`);
    return this.schema(json[key], namespace, below(place, key));
  }

  #union(json: readonly unknown[], namespace: string, place: Place): Union {
    const names = new Set<string>();
    const branches = json.map((branch, number) => {
      const schema = this.schema(branch, namespace, below(place, number));
      if (schema.type === 'union')
        throw new InvalidSchema(below(place, number), 'a union directly in a union');
      if (names.has(nameOf(schema)))
        throw new InvalidSchema(below(place, number), `${nameOf(schema)} is in the union twice`);
      names.add(nameOf(schema));
      return schema;
    });
    return { type: 'union', place, attributes: {}, branches };
  }

  #reference(name: string, namespace: string, place: Place): Schema {
    const primitive = primitives.find((type) => type === name);
    if (primitive) return this.#primitive(primitive, {}, place);
    const full = fullName(name, namespace);
    const known = this.#defined(full);
    const bare = full === name ? undefined : this.#defined(name);
    // Java Avro 1.12: a name is the one of the namespace, else the one without namespace, if its definition is
    // complete; else the one of the namespace, wherever its definition stands.
    const complete = (found: Definition | undefined) =>
      found && (this.#complete.has(found.fullName) || found.place.file !== place.file);
    const definition = complete(bare) && !complete(known) ? bare : known;
    if (definition) return this.#definition(definition);
    throw new InvalidSchema(place, `${full} is neither defined nor a type of Avro`);
  }

  #defined(full: string): Definition | undefined {
    return this.#definitions.get(full) ?? this.#fromLibrary(full);
  }

  #fromLibrary(full: string): Definition | undefined {
    const found = this.#library
      .flatMap(({ file, json }) => [...definitionsIn(json, '', { file, path: '' })])
      .filter((definition) => definition.fullName === full);
    const [first, ...others] = found;
    const other = others.find(({ json }) => first && !sameDefinition(first.json, json));
    if (first && other) {
      throw new InvalidSchema(
        other.place,
        `${full} is referred to, and is defined otherwise in ${first.place.file}`,
      );
    }
    return first;
  }

  #fullName(json: JsonObject, namespace: string, place: Place): string {
    const name = text(json, 'name');
    if (name === undefined) throw new InvalidSchema(place, '"name" is missing');
    const full = fullName(name, text(json, 'namespace') ?? namespace);
    if (!full.split('.').every(isName)) throw new InvalidSchema(place, `"${full}" is not a valid name`);
    if (primitives.some((type) => type === full))
      throw new InvalidSchema(place, `${full} is the name of a type of Avro`);
    return full;
  }

  #definition({ fullName: full, json, place }: Definition): NamedSchema {
    const known = this.#named.get(full);
    // Defined once more in other words (sameDefinition): an object of its own, with its own aliases.
    if (known?.attributes === json) return known;
    const own = { place, attributes: json, name: shortName(full), fullName: full };
    const aliases = aliasesOf(json, place).map((alias) => fullName(alias, namespaceOf(full)));
    const wrong = aliases.find((alias) => !isName(shortName(alias)));
    if (wrong !== undefined)
      throw new InvalidSchema(below(place, 'aliases'), `"${wrong}" is not a valid name`);
    switch (definedKind(json)) {
      case 'enum':
        return this.#keep(enumOf({ ...own, aliases }), true);
      case 'fixed':
        return this.#keep(fixedOf({ ...own, aliases }), true);
      default: {
        const fields: Field[] = [];
        // Known before its fields are, as they may refer to it.
        const record = this.#keep({ ...own, aliases, type: 'record', fields }, false);
        this.#fields(json, namespaceOf(full), place, fields);
        this.#complete.add(full);
        return record;
      }
    }
  }

  #keep<Kind extends NamedSchema>(schema: Kind, complete: boolean): Kind {
    if (!this.#named.has(schema.fullName)) this.#named.set(schema.fullName, schema);
    if (complete) this.#complete.add(schema.fullName);
    return schema;
  }

  #fields(json: JsonObject, namespace: string, place: Place, fields: Field[]): void {
    if (!Array.isArray(json['fields'])) throw new InvalidSchema(place, 'a record needs a list "fields"');
    const names = new Set<string>();
    for (const [number, field] of json['fields'].entries()) {
      const at = below(place, 'fields', number);
      const name = isObject(field) ? text(field, 'name') : undefined;
      if (!isObject(field) || name === undefined)
        throw new InvalidSchema(at, 'a field is an object with a "name"');
      if (!isName(name)) throw new InvalidSchema(at, `"${name}" is not a valid name`);
      if (names.has(name)) throw new InvalidSchema(at, `the field ${name} is there twice`);
      names.add(name);
      if (!('type' in field)) throw new InvalidSchema(at, '"type" is missing');
      if ('order' in field && !/^(ascending|descending|ignore)$/i.test(text(field, 'order') ?? '')) {
        throw new InvalidSchema(below(at, 'order'), '"order" is ascending, descending or ignore');
      }
      fields.push({
        place: at,
        attributes: field,
        name,
        aliases: aliasesOf(field, at),
        schema: this.schema(field['type'], namespace, below(at, 'type')),
        ...('default' in field && { default: { value: field['default'] } }),
      });
    }
  }
}
