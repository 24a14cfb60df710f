import { type Place } from './model.js';

/** A schema that breaks the specification, or text that is no JSON. */
export class InvalidSchema extends Error {
  override readonly name = 'InvalidSchema';

  constructor(
    readonly place: Place,
    readonly reason: string,
  ) {
    super(`${place.file}${place.path === '' ? '' : ` at ${place.path}`}: ${reason}`);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

export const below = ({ file, path }: Place, ...steps: readonly (string | number)[]): Place => ({
  file,
  path: [path, ...steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/'),
});

export const text = (json: JsonObject, key: string): string | undefined => {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
};

/** Letters of any language, as Java Avro 1.12 allows; the specification ("Names") has A–Z, a–z and _. */
const namePattern = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;

export const isName = (name: string): boolean => namePattern.test(name);

/** `name` as seen from `namespace` (specification, "Names"). */
export const fullName = (name: string, namespace: string): string =>
  name.includes('.') ? name.replace(/^\./, '') : namespace === '' ? name : `${namespace}.${name}`;

export const namespaceOf = (full: string): string => full.slice(0, Math.max(0, full.lastIndexOf('.')));

export const shortName = (full: string): string => full.slice(full.lastIndexOf('.') + 1);

const kinds: Readonly<Record<string, 'record' | 'enum' | 'fixed'>> = {
  record: 'record',
  error: 'record',
  enum: 'enum',
  fixed: 'fixed',
};

/** Which named schema the object defines, if it defines one. */
export const definedKind = (json: JsonObject): 'record' | 'enum' | 'fixed' | undefined => {
  const type = text(json, 'type');
  return type !== undefined && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
};

export interface Definition {
  readonly fullName: string;
  readonly json: JsonObject;
  readonly place: Place;
}

/** Every named schema defined in a document, in reading order. What is malformed is left to the parser to refuse. */
export function* definitionsIn(json: unknown, namespace: string, place: Place): Generator<Definition> {
  if (Array.isArray(json)) {
    for (const [index, branch] of json.entries())
      yield* definitionsIn(branch, namespace, below(place, index));
  }
  if (!isObject(json)) return;
  const name = text(json, 'name');
  if (definedKind(json) && name !== undefined) {
    const full = fullName(name, text(json, 'namespace') ?? namespace);
    yield { fullName: full, json, place };
    const { fields } = json;
    if (!Array.isArray(fields)) return;
    for (const [index, field] of fields.entries()) {
      if (!isObject(field)) continue;
      yield* definitionsIn(field['type'], namespaceOf(full), below(place, 'fields', index, 'type'));
    }
    return;
  }
  for (const key of ['items', 'values']) {
    if (key in json) yield* definitionsIn(json[key], namespace, below(place, key));
  }
}

/** Defining a name twice is no error when both say the same; documentation and aliases may differ (Java Avro 1.12). */
export const sameDefinition = (one: JsonObject, other: JsonObject): boolean =>
  essence(one) === essence(other);

const essence = (definition: JsonObject): string =>
  JSON.stringify({ ...definition, name: '', namespace: '' }, (_key, value: unknown) => {
    if (!isObject(value)) return value;
    const { doc: _doc, aliases: _aliases, ...rest } = value;
    return Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
