import { type EventFilter } from '../../ports/event-store.js';
import { type EventRow } from './rows.js';

/** One filter twice: for rows in memory and for SQL. */
export interface CompiledFilter {
  readonly matches: (row: EventRow) => boolean;
  readonly sql: string;
  readonly parameters: readonly string[];
}

export const compileFilter = (filter: EventFilter = {}): CompiledFilter => {
  const { streamPrefixes: prefixes = [], types = [] } = filter;
  if (prefixes.length + types.length === 0) return { matches: () => true, sql: 'TRUE', parameters: [] };
  const wanted = new Set(types);
  return {
    matches: ([, stream, , , type]) =>
      wanted.has(type) || prefixes.some((prefix) => stream.startsWith(prefix)),
    sql: [...types.map(() => 'type = ?'), ...prefixes.map(() => 'substr(stream, 1, length(?)) = ?')].join(
      ' OR ',
    ),
    parameters: [...types, ...prefixes.flatMap((prefix) => [prefix, prefix])],
  };
};
