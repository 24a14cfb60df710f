import avro from 'avsc';
import { recordNames } from './events.generated.js';
import { anyLong, exactLong } from './exact-long.js';
import { type PublicType } from './public-record.js';
import { publicSchemas } from './schemas.generated.js';

export type AvroType = avro.Type;

/**
 * Logical types are left alone, so that timestamps are numbers; unions of null and one more are not wrapped.
 * @param known types that the schema refers to, by full name.
 */
export const avroType = (
  schema: unknown,
  known: Readonly<Record<string, AvroType>> = {},
  long: AvroType = exactLong,
): AvroType =>
  avro.Type.forSchema(schema as avro.Schema, {
    registry: { ...known },
    wrapUnions: 'auto',
    omitRecordMethods: true,
    typeHook: (inner) => (isLong(inner) ? long : undefined),
  });

const isLong = (schema: unknown): boolean =>
  schema === 'long' ||
  (typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'long');

const types = new Map<PublicType, AvroType>();

/** Today's type of the event. */
export const publicAvroType = (type: PublicType): AvroType => {
  const known = types.get(type);
  if (known) return known;
  const made = avroType(JSON.parse(publicSchemas[type].schema));
  types.set(type, made);
  return made;
};

export const publicTypes = Object.keys(recordNames) as readonly PublicType[];

/** Which field holds a long that a number cannot. */
export const findUnsafeLong = (
  schema: unknown,
  known: Readonly<Record<string, AvroType>>,
  body: Buffer,
): string | undefined => pathOfBigInt(avroType(schema, known, anyLong).fromBuffer(body), []);

const pathOfBigInt = (value: unknown, path: readonly string[]): string | undefined => {
  if (typeof value === 'bigint') return `${path.join('.')} is ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = pathOfBigInt(inner, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
};
