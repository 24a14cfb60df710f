import { type Change, field, id, record, row } from './change.js';

const decimal = (precision: number, scale: number) => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});
const long = (logicalType: string) => ({ type: 'long', logicalType });

export const meanings: readonly Change[] = [
  row(
    'decimal: another scale',
    decimal(9, 2),
    decimal(9, 3),
    ['DECIMAL_SCALE_CHANGED'],
    ['DECIMAL_SCALE_CHANGED'],
  ),
  row(
    'decimal: another precision',
    decimal(9, 2),
    decimal(12, 2),
    ['DECIMAL_PRECISION_CHANGED'],
    ['DECIMAL_PRECISION_CHANGED'],
  ),
  row('bytes → decimal', 'bytes', decimal(9, 2), ['LOGICAL_TYPE_ADDED'], ['LOGICAL_TYPE_REMOVED']),
  row(
    'timestamp-millis → timestamp-micros',
    long('timestamp-millis'),
    long('timestamp-micros'),
    ['TIME_UNIT_CHANGED'],
    ['TIME_UNIT_CHANGED'],
  ),
  row(
    'time-millis → time-micros',
    { type: 'int', logicalType: 'time-millis' },
    long('time-micros'),
    ['TIME_UNIT_CHANGED'],
    ['TYPE_MISMATCH'],
  ),
  row(
    'local-timestamp-micros → local-timestamp-nanos',
    long('local-timestamp-micros'),
    long('local-timestamp-nanos'),
    ['TIME_UNIT_CHANGED'],
    ['TIME_UNIT_CHANGED'],
  ),
  row(
    'timestamp-millis → local-timestamp-millis',
    long('timestamp-millis'),
    long('local-timestamp-millis'),
    ['LOGICAL_TYPE_CHANGED'],
    ['LOGICAL_TYPE_CHANGED'],
  ),
  row(
    'long → timestamp-millis',
    'long',
    long('timestamp-millis'),
    ['LOGICAL_TYPE_ADDED'],
    ['LOGICAL_TYPE_REMOVED'],
  ),
  row(
    'timestamp-millis → long',
    long('timestamp-millis'),
    'long',
    ['LOGICAL_TYPE_REMOVED'],
    ['LOGICAL_TYPE_ADDED'],
  ),
  row('string → uuid', 'string', { type: 'string', logicalType: 'uuid' }, ['LOGICAL_TYPE_ADDED'], []),
  row('an unknown or invalid logical type added', 'long', long('decimal')),
  row(
    'a field added with a default of another type',
    record([id]),
    record([id, field('int', { default: 'none' })]),
    ['INVALID_DEFAULT'],
    ['INVALID_DEFAULT'],
  ),
  row(
    'an attribute unit or currency changed',
    record([field('long', { unit: 'ms' })]),
    record([field('long', { unit: 'seconds' })]),
    ['UNIT_CHANGED'],
    ['UNIT_CHANGED'],
  ),
  row(
    'the doc names another unit',
    record([field('long', { doc: 'Weight in grams.' })]),
    record([field('long', { doc: 'Weight in kilograms.' })]),
    ['UNIT_CHANGED'],
    ['UNIT_CHANGED'],
  ),
  row(
    'renamed by alias to another unit',
    record([{ name: 'delayMs', type: 'long', default: 0 }]),
    record([{ name: 'delaySeconds', aliases: ['delayMs'], type: 'long', default: 0 }]),
    ['UNIT_CHANGED'],
    [],
  ),
];
