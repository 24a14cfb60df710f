import { createHash } from 'node:crypto';
import { type ComparedValue, type Difference } from '../../ports/generations.js';

/** The same for the same JSON, whatever the order of the keys. */
export const digestOf = (doc: unknown): string =>
  createHash('sha256').update(JSON.stringify(doc, sorted)).digest('hex').slice(0, 16);

const sorted = (_: string, value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where two JSON documents differ: `order.timeline[3].type`. At most so many of the paths. */
export const differingPaths = (serving: unknown, built: unknown, most: number): Difference['paths'] => {
  const paths: Difference['paths'][number][] = [];
  const walk = (path: string, one: unknown, other: unknown): void => {
    if (paths.length >= most || one === other) return;
    if (Array.isArray(one) && Array.isArray(other)) {
      const length = Math.max(one.length, other.length);
      for (let index = 0; index < length; index += 1) walk(`${path}[${index}]`, one[index], other[index]);
    } else if (isRecord(one) && isRecord(other)) {
      for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
        walk(path === '' ? key : `${path}.${key}`, ownValue(one, key), ownValue(other, key));
      }
    } else {
      paths.push({ path, serving: shown(one), built: shown(other) });
    }
  };
  walk('', serving, built);
  return paths;
};

/** Not what every object inherits: a document may have a key `valueOf`. */
const ownValue = (record: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const longest = 200;

const shown = (value: unknown): ComparedValue => {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean')
    return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
};
