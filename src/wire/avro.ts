import avro from 'avsc';
import { recordNames } from './events.generated.js';
import { type PublicType } from './public-record.js';
import { publicSchemas } from './schemas.generated.js';

export type AvroType = avro.Type;

/**
 * Logical types are left alone, so that timestamps are numbers; unions of null and one more are not wrapped.
 * @param known types that the schema refers to, by full name.
 */
export const avroType = (schema: unknown, known: Record<string, AvroType> = {}): AvroType =>
  avro.Type.forSchema(schema as avro.Schema, {
    registry: known,
    wrapUnions: 'auto',
    omitRecordMethods: true,
  });

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

/** Where a long is that a JavaScript number cannot hold; the type may be of any record, the bytes are the record's. */
export const unsafeLong = (
  schema: unknown,
  known: Record<string, AvroType>,
  body: Buffer,
): string | undefined => pathOfBigInt(avroType(schema, { ...known, long: anyLong }).fromBuffer(body), []);

/** avsc refuses longs beyond 2^53 without saying where; this reads them as bigint, so that they can be found. */
const anyLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => {
    const long = bytes.readBigInt64LE();
    return BigInt(Number(long)) === long && Number.isSafeInteger(Number(long)) ? Number(long) : long;
  },
  toBuffer: notWritten,
  fromJSON: notWritten,
  toJSON: notWritten,
  isValid: () => true,
  compare: notWritten,
});

function notWritten(): never {
  throw new Error('This type only reads.');
}

const pathOfBigInt = (value: unknown, path: readonly string[]): string | undefined => {
  if (typeof value === 'bigint') return `${path.join('.')} is ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = pathOfBigInt(inner, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
};
