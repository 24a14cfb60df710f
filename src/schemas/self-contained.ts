import {
  below,
  type Definition,
  definedKind,
  definitionsIn,
  fullName,
  InvalidSchema,
  isObject,
  type JsonObject,
  namespaceOf,
  text,
} from './names.js';
import { type Place, primitives } from './model.js';
import { type Source } from './source.js';

/**
 * The document as it needs no other: what it refers to in `library` stands where it is first used. That is how a
 * registry gets it.
 */
export const selfContained = ({ file, json }: Source, library: readonly Source[]): unknown => {
  const place = { file, path: '' };
  const known = new Set([...definitionsIn(json, '', place)].map((own) => own.fullName));
  const others = library.flatMap((other) => [...definitionsIn(other.json, '', { ...other, path: '' })]);
  return new Inliner(known, new Map(others.map((other) => [other.fullName, other]))).schema(json, '', place);
};

class Inliner {
  readonly #known: Set<string>;
  readonly #library: ReadonlyMap<string, Definition>;

  constructor(known: Set<string>, library: ReadonlyMap<string, Definition>) {
    this.#known = known;
    this.#library = library;
  }

  schema(json: unknown, namespace: string, place: Place): unknown {
    if (typeof json === 'string') return this.#reference(json, namespace, place);
    if (Array.isArray(json)) {
      return json.map((branch, number) => this.schema(branch, namespace, below(place, number)));
    }
    if (!isObject(json)) return json;
    const kind = definedKind(json);
    if (kind === 'record') return this.#record(json, namespace, place);
    if (kind !== undefined) return json;
    const inner = text(json, 'type');
    const key = inner === 'array' ? 'items' : inner === 'map' ? 'values' : undefined;
    return key === undefined
      ? json
      : { ...json, [key]: this.schema(json[key], namespace, below(place, key)) };
  }

  #record(json: JsonObject, namespace: string, place: Place): unknown {
    const own = namespaceOf(fullName(text(json, 'name') ?? '', text(json, 'namespace') ?? namespace));
    const { fields } = json;
    if (!Array.isArray(fields)) return json;
    const inlined = fields.map((field: unknown, number) =>
      isObject(field)
        ? { ...field, type: this.schema(field['type'], own, below(place, 'fields', number, 'type')) }
        : field,
    );
    return { ...json, fields: inlined };
  }

  #reference(name: string, namespace: string, place: Place): unknown {
    if (primitives.some((primitive) => primitive === name)) return name;
    const full = fullName(name, namespace);
    if (this.#known.has(full)) return full;
    const found = this.#library.get(full);
    if (!found) throw new InvalidSchema(place, `${full} is neither defined nor a type of Avro`);
    this.#known.add(full);
    return this.schema({ ...found.json, namespace: namespaceOf(full) }, '', found.place);
  }
}
