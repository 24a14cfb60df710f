import { type LogicalType, type Schema } from './model.js';

/** The types a logical type may stand on (specification, "Logical Types"). */
const bases: Readonly<Record<string, readonly Schema['type'][]>> = {
  decimal: ['bytes', 'fixed'],
  'big-decimal': ['bytes'],
  uuid: ['string', 'fixed'],
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  duration: ['fixed'],
};

/** Fixed has room for so many decimal digits (specification, "Decimal"). */
const digits = (bytes: number): number => Math.floor(Math.log10(2) * (8 * bytes - 1));

const sizes: Readonly<Record<string, number>> = { uuid: 16, duration: 12 };

/**
 * The logical type declared by `attributes` on `type`, if readers heed it. "Language implementations must ignore
 * unknown logical types when reading, and should use the underlying Avro type. If a logical type is invalid …
 * implementations should ignore the logical type" (specification, "Logical Types").
 */
export const logicalType = (
  attributes: Readonly<Record<string, unknown>>,
  type: Schema['type'],
  size = Infinity,
): LogicalType | undefined => {
  const { logicalType: name, precision, scale = 0 } = attributes;
  if (typeof name !== 'string') return undefined;
  const allowed = Object.hasOwn(bases, name) ? bases[name] : undefined;
  if (!allowed) return { name, known: false };
  if (!allowed.includes(type)) return undefined;
  if (type === 'fixed' && name in sizes && sizes[name] !== size) return undefined;
  if (name !== 'decimal') return { name, known: true };
  if (!whole(precision) || !whole(scale)) return undefined;
  if (precision < 1 || precision > digits(size) || scale > precision) return undefined;
  return { name, known: true, decimal: { precision, scale } };
};

const whole = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
