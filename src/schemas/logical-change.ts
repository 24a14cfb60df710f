import { type MeaningRule } from './finding.js';
import { describeLogical, type LogicalType, type Schema } from './model.js';

export interface LogicalChange {
  readonly rule: MeaningRule;
  readonly what: string;
}

const unit = /^(?<stem>.+)-(?<unit>millis|micros|nanos)$/;

/**
 * What the values written as `writer` become when they are read as `reader`, where that is not what they were. A
 * registry looks at the underlying types only; the specification ("Logical Types") has two decimals match only
 * "if their scales and precisions match".
 */
export const logicalChange = (reader: Schema, writer: Schema): LogicalChange | undefined => {
  const [read, written] = [reader.logical, writer.logical];
  if (read && written)
    return read.name === written.name ? decimalChange(read, written) : renamed(read, written);
  if (read?.known) {
    return {
      rule: 'LOGICAL_TYPE_ADDED',
      what: `plain ${writer.type} values are taken for ${describeLogical(read)}`,
    };
  }
  // A uuid that is read as a string is still the same string.
  if (written?.known && written.name !== 'uuid') {
    return {
      rule: 'LOGICAL_TYPE_REMOVED',
      what: `${describeLogical(written)} values are taken for plain ${reader.type}`,
    };
  }
  return undefined;
};

const renamed = (read: LogicalType, written: LogicalType): LogicalChange => {
  const [to, from] = [unit.exec(read.name)?.groups, unit.exec(written.name)?.groups];
  const rule = to && from && to['stem'] === from['stem'] ? 'TIME_UNIT_CHANGED' : 'LOGICAL_TYPE_CHANGED';
  return { rule, what: `${describeLogical(written)} values are taken for ${describeLogical(read)}` };
};

const decimalChange = (
  { decimal: read }: LogicalType,
  { decimal: written }: LogicalType,
): LogicalChange | undefined => {
  if (!read || !written) return undefined;
  if (read.scale !== written.scale) {
    const shift = written.scale - read.scale;
    const factor = Math.abs(shift) > 15 ? `10^${shift}` : String(Number(`1e${shift}`));
    return {
      rule: 'DECIMAL_SCALE_CHANGED',
      what: `the bytes hold the digits without the point: with scale ${read.scale} for ${written.scale}, every amount is read as ${factor} times itself`,
    };
  }
  if (read.precision === written.precision) return undefined;
  return {
    rule: 'DECIMAL_PRECISION_CHANGED',
    what: `decimals match only with the same precision: of ${written.precision} digits, the reader expects ${read.precision}`,
  };
};
