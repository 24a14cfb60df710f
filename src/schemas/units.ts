import { type Field, type Schema } from './model.js';

/** One unit by all the words for it; units of different dimensions are not compared. */
const words: readonly (readonly [dimension: string, unit: string, ...words: string[]])[] = [
  ['time', 'nanoseconds', 'nanosecond', 'nanos', 'ns'],
  ['time', 'microseconds', 'microsecond', 'micros', 'µs', 'us'],
  ['time', 'milliseconds', 'millisecond', 'millis', 'ms'],
  ['time', 'seconds', 'secs', 'sec', 's'],
  ['time', 'minutes', 'mins', 'min'],
  ['time', 'hours', 'hrs', 'h'],
  ['time', 'days'],
  ['money', 'minor units', 'minor', 'cents', 'pence', 'pennies'],
  ['money', 'major units', 'major', 'euros', 'dollars', 'pounds sterling'],
  ['mass', 'milligrams', 'mg'],
  ['mass', 'grams', 'grammes', 'g'],
  ['mass', 'kilograms', 'kilos', 'kg'],
  ['mass', 'pounds', 'lbs', 'lb'],
  ['mass', 'ounces', 'oz'],
  ['length', 'millimetres', 'millimeters', 'mm'],
  ['length', 'centimetres', 'centimeters', 'cm'],
  ['length', 'metres', 'meters', 'm'],
  ['length', 'kilometres', 'kilometers', 'km'],
  ['length', 'inches', 'inch'],
  ['length', 'feet', 'ft'],
  ['size', 'bytes'],
  ['size', 'kilobytes', 'kb'],
  ['size', 'megabytes', 'mb'],
  ['temperature', 'celsius'],
  ['temperature', 'fahrenheit'],
  ['share', 'percent'],
  ['share', 'basis points', 'bps'],
];

interface Unit {
  readonly dimension: string;
  readonly unit: string;
}

const units: ReadonlyMap<string, Unit> = new Map(
  words.flatMap(([dimension, unit, ...others]) =>
    [unit, ...others].map((word): [string, Unit] => [word, { dimension, unit }]),
  ),
);

/**
 * The units a field declares, from the surest source to the least: an attribute `unit`, `units` or `currency` (its
 * own or its type's), the last word of its name (`delayMs`), and its doc where that says "in <unit>" or "(<unit>)".
 */
const declared = ({ name, attributes, schema }: Field): readonly (Unit | undefined)[] => {
  const attribute = (key: string): Unit | undefined => {
    const value = attributes[key] ?? schema.attributes[key];
    if (typeof value !== 'string') return undefined;
    return units.get(value.toLowerCase()) ?? { dimension: key, unit: value.toLowerCase() };
  };
  // `totalDelayMs`, `total_delay_ms` → `ms`
  const lastWord =
    /(?<=[A-Za-z0-9_])(?:[A-Z][a-z]+|(?<=_)[a-z]+|(?<=[a-z0-9_])[A-Z]+)$/.exec(name)?.[0] ?? '';
  return [
    attribute('unit') ?? attribute('units'),
    attribute('currency'),
    units.get(lastWord.toLowerCase()),
    fromDoc(attributes['doc']),
  ];
};

const alternatives = [...units.keys()]
  .filter((word) => word.length > 1)
  .sort((a, b) => b.length - a.length)
  .join('|');
const inDoc = new RegExp(`(?:\\bin (?:whole )?|\\bunits?: ?|\\()(${alternatives})\\b`, 'gi');

/** Only if the doc names one unit: of two, it cannot be said which one is the field's. */
const fromDoc = (doc: unknown): Unit | undefined => {
  if (typeof doc !== 'string') return undefined;
  const found = new Set([...doc.matchAll(inDoc)].map(([, word = '']) => units.get(word.toLowerCase())));
  const [unit, ...others] = found;
  return others.length === 0 ? unit : undefined;
};

const numeric = (schema: Schema): boolean =>
  schema.type === 'union'
    ? schema.branches.some(numeric)
    : ['int', 'long', 'float', 'double', 'bytes', 'fixed'].includes(schema.type);

/** The two units, if both fields declare one of the same dimension in the same way and it is not the same. */
export const unitChange = (
  reader: Field,
  writer: Field,
): { readonly reader: string; readonly writer: string } | undefined => {
  if (!numeric(reader.schema) || !numeric(writer.schema)) return undefined;
  const theirs = declared(writer);
  for (const [number, mine] of declared(reader).entries()) {
    const other = theirs[number];
    if (!mine || mine.dimension !== other?.dimension || mine.unit === other.unit) continue;
    return { reader: mine.unit, writer: other.unit };
  }
  return undefined;
};
