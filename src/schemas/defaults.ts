import { describe, type Field, type Schema } from './model.js';
import { isObject } from './names.js';

/**
 * Whether `value` is a default for `schema` (specification, "Complex Types", "Record": the table of default values;
 * of a union, one branch must match).
 */
export const isDefaultFor = (schema: Schema, value: unknown): boolean => {
  switch (schema.type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return Number.isInteger(value) && within(value, 2 ** 31);
    case 'long':
      // JSON's numbers are doubles here: the greatest long is read as 2^63.
      return Number.isInteger(value) && (within(value, 2 ** 63) || value === 2 ** 63);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return isBytes(value);
    case 'fixed':
      return isBytes(value) && value.length === schema.size;
    case 'enum':
      return schema.symbols.some((symbol) => symbol === value);
    case 'array':
      return Array.isArray(value) && value.every((item) => isDefaultFor(schema.items, item));
    case 'map':
      return isObject(value) && Object.values(value).every((item) => isDefaultFor(schema.values, item));
    case 'union':
      return schema.branches.some((branch) => isDefaultFor(branch, value));
    case 'record':
      return isObject(value) && schema.fields.every((field) => hasValueFor(value, field));
  }
};

const hasValueFor = (value: Readonly<Record<string, unknown>>, field: Field): boolean =>
  Object.hasOwn(value, field.name)
    ? isDefaultFor(field.schema, value[field.name])
    : field.default !== undefined;

const within = (value: unknown, limit: number): boolean =>
  typeof value === 'number' && value >= -limit && value < limit;

/** Bytes are written as text, a character a byte. */
const isBytes = (value: unknown): value is string =>
  typeof value === 'string' && /^[\u0000-\u00ff]*$/.test(value);

/** What is wrong with the field's default, if it has one. */
export const defaultProblem = ({ name, schema, default: fallback }: Field): string | undefined =>
  fallback && !isDefaultFor(schema, fallback.value)
    ? `the default ${JSON.stringify(fallback.value)} of ${name} is no ${describe(schema)}`
    : undefined;

/** Readers of Avro 1.11 and before take a default for the first branch of a union only. */
export const isOfLaterBranch = ({ schema, default: fallback }: Field): boolean => {
  if (schema.type !== 'union' || !fallback) return false;
  const [first] = schema.branches;
  return first !== undefined && !isDefaultFor(first, fallback.value) && isDefaultFor(schema, fallback.value);
};
