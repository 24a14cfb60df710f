import {
  fields,
  isRecord,
  type Json,
  type JsonRecord,
  names,
  namespaces,
  randomField,
  randomSchema,
  several,
  symbols,
} from './random-schema.js';
import { type Random } from './random.js';

/** The schema with some changes of the kinds that happen to schemas. Now and then the result is not valid. */
export const mutate = (random: Random, schema: Json, changes = 1 + random.int(3)): Json => {
  let result = structuredClone(schema);
  for (let done = 0; done < changes; done += 1) {
    let chosen = random.int(count(result));
    result = replaceAt(
      result,
      () => chosen-- === 0,
      (found) => change(random, found),
    );
  }
  return result;
};

const count = (schema: Json): number => {
  let found = 0;
  replaceAt(schema, () => {
    found += 1;
    return false;
  });
  return found;
};

/** Walks the schemas in a schema and replaces the one that `here` chooses. */
const replaceAt = (schema: Json, here: () => boolean, by: (found: Json) => Json = (found) => found): Json => {
  if (here()) return by(schema);
  const inside = (json: Json): Json => replaceAt(json, here, by);
  if (Array.isArray(schema)) return schema.map(inside);
  if (!isRecord(schema)) return schema;
  const result = { ...schema };
  for (const key of ['items', 'values']) {
    const inner = result[key];
    if (inner !== undefined) result[key] = inside(inner);
  }
  if (Array.isArray(result['fields'])) {
    result['fields'] = result['fields'].map((field) =>
      isRecord(field) && field['type'] !== undefined ? { ...field, type: inside(field['type']) } : field,
    );
  }
  return result;
};

const change = (random: Random, schema: Json): Json => {
  if (Array.isArray(schema)) return changeUnion(random, schema);
  if (isRecord(schema) && typeof schema['name'] === 'string' && random.chance(85))
    return changeNamed(random, schema);
  switch (random.int(4)) {
    case 0:
      return randomSchema(random, 1);
    case 1:
      return random.chance(50) ? ['null', schema] : [schema, randomSchema(random, 0)];
    default:
      return random.pick<Json>(['int', 'long', 'float', 'double', 'string', 'bytes']);
  }
};

const changeUnion = (random: Random, branches: readonly Json[]): Json => {
  switch (random.int(4)) {
    case 0:
      return several(random, branches, 70);
    case 1:
      return branches.toReversed();
    case 2:
      return branches[0] ?? 'null';
    default:
      return [...branches, randomSchema(random, 1)];
  }
};

const changeNamed = (random: Random, schema: JsonRecord): Json => {
  const { namespace: _namespace, ...bare } = schema;
  switch (random.int(8)) {
    case 0:
      return { ...schema, name: random.pick(names) };
    case 1:
      return { ...schema, name: random.pick(names), aliases: [schema['name'] ?? 'A'] };
    case 2:
      return { ...schema, namespace: random.pick(namespaces) };
    case 3:
      return bare;
    default:
      return changeContents(random, schema);
  }
};

const changeContents = (random: Random, schema: JsonRecord): Json => {
  switch (schema['type']) {
    case 'fixed':
      return { ...schema, size: 4 + random.int(3) };
    case 'enum': {
      const { default: _default, ...rest } = schema;
      const list = random.chance(80) ? several(random, symbols) : schema['symbols'];
      return { ...rest, symbols: list ?? [], ...(random.chance(40) && { default: random.pick(symbols) }) };
    }
    default:
      return {
        ...schema,
        fields: changeFields(random, Array.isArray(schema['fields']) ? schema['fields'] : []),
      };
  }
};

const changeFields = (random: Random, list: readonly Json[]): Json[] => {
  const at = random.int(list.length);
  const field = list[at];
  const name = random.pick(fields);
  if (!isRecord(field) || random.chance(25))
    return [...list, randomField(random, name, randomSchema(random, 1))];
  const { default: _default, ...bare } = field;
  switch (random.int(5)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.with(at, { ...field, name });
    case 2:
      return list.with(at, { ...field, name, aliases: [field['name'] ?? name] });
    case 3:
      return list.with(at, bare);
    default:
      return list.with(at, { ...field, default: null });
  }
};
