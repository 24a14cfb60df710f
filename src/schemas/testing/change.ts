import { type Finding } from '../finding.js';

/** A change of a schema and the rules it breaks: the table of docs/schema-compatibility.md, and a spec for each row. */
export interface Change {
  readonly change: string;
  readonly old: unknown;
  readonly new: unknown;
  /** What new readers of old data meet, and old readers of new data. */
  readonly backward: readonly Finding['rule'][];
  readonly forward: readonly Finding['rule'][];
}

type Rules = readonly Finding['rule'][];

export const record = (fields: readonly unknown[], more: object = {}) => ({
  type: 'record',
  name: 'Order',
  fields,
  ...more,
});
export const field = (type: unknown, more: object = {}) => ({ name: 'f', type, ...more });
export const id = { name: 'id', type: 'string' };
export const colours = (symbols: readonly string[], more: object = {}) => ({
  type: 'enum',
  name: 'Colour',
  symbols,
  ...more,
});
export const fixed = (size: number, more: object = {}) => ({ type: 'fixed', name: 'Hash', size, ...more });
export const item = (name: string, more: object = {}) => ({ type: 'record', name, fields: [id], ...more });

export function row(
  change: string,
  old: unknown,
  next: unknown,
  backward: Rules = [],
  forward: Rules = [],
): Change {
  return { change, old, new: next, backward, forward };
}
