import { type Condition, InvalidCursor, type Path, type Scalar, type ViewQuery } from '../../ports/views.js';

/** What SQLite can compare with. */
export type Bound = string | number | null;

/** A piece of a WHERE clause and what is bound to its question marks, in order. */
interface Sql {
  readonly sql: string;
  readonly bound: readonly Bound[];
}

/** A query as one or two statements: the second goes on where the rows of the first end. */
export interface CompiledQuery {
  /** Each takes its `bound` and then the most rows wanted; the rows have id, position, doc and sort_value. */
  readonly statements: readonly Sql[];
  readonly cursorAfter: (row: { readonly id: string; readonly sort_value: Bound }) => string;
}

/** The expression that indexes and queries share: SQLite uses an index only for the very same expression. */
export const valueAt = (path: Path): string => `json_extract(doc, ${jsonPath(path)})`;

/** @throws InvalidCursor */
export const compileQuery = ({ where = [], sort, cursor }: ViewQuery): CompiledQuery => {
  const sortedBy = sort === undefined ? '' : `${sort.direction} ${sort.path}`;
  const value = sort === undefined ? null : valueAt(sort.path);
  const ascending = sort?.direction !== 'descending';
  const after = cursor === undefined ? undefined : parseCursor(cursor, sortedBy);
  const conditions = where.map(compileCondition);
  const order = ascending ? 'ASC' : 'DESC';
  return {
    statements: ranges(value, ascending, after).map((range) => {
      const all = [...conditions, range];
      const orderBy = range.by === undefined ? `id ${order}` : `${range.by} ${order}, id ${order}`;
      return {
        sql: `SELECT id, position, doc, ${value ?? 'NULL'} AS sort_value FROM documents
              WHERE ${all.map(({ sql }) => `(${sql})`).join(' AND ')} ORDER BY ${orderBy} LIMIT ?`,
        bound: all.flatMap(({ bound }) => bound),
      };
    }),
    cursorAfter: ({ id, sort_value }) =>
      Buffer.from(JSON.stringify([sortedBy, sort_value, id])).toString('base64url'),
  };
};

/** Counts the documents that meet all conditions. */
export const compileCount = (where: readonly Condition[]): Sql => {
  const all = where.map(compileCondition);
  const condition = all.map(({ sql }) => `(${sql})`).join(' AND ') || 'TRUE';
  return {
    sql: `SELECT count(*) AS documents FROM documents WHERE ${condition}`,
    bound: all.flatMap(({ bound }) => bound),
  };
};

interface Range extends Sql {
  /** The value that its rows are sorted by; undefined when they all have the same. */
  readonly by?: string;
}

interface Place {
  readonly value: Bound;
  readonly id: string;
}

/**
 * The rows behind a place, in sort order. Missing values and null sort first. They are a range of their own, since
 * a comparison with NULL holds for no row; within a range the first comparison is the one that enters the index.
 */
const ranges = (value: string | null, ascending: boolean, after: Place | undefined): readonly Range[] => {
  const by = value === null ? {} : { by: value };
  if (after === undefined) return [{ sql: 'TRUE', bound: [], ...by }];
  const [beyond, from] = ascending ? ['>', '>='] : ['<', '<='];
  if (value === null) return [{ sql: `id ${beyond} ?`, bound: [after.id] }];
  const nulls = { sql: `${value} IS NULL`, bound: [] };
  if (after.value === null) {
    const rest = { sql: `${value} IS NULL AND id ${beyond} ?`, bound: [after.id] };
    return ascending ? [rest, { sql: `${value} IS NOT NULL`, bound: [], ...by }] : [rest];
  }
  const rest = {
    sql: `${value} ${from} ? AND (${value} ${beyond} ? OR id ${beyond} ?)`,
    bound: [after.value, after.value, after.id],
    ...by,
  };
  return ascending ? [rest] : [rest, nulls];
};

/** json_extract tells true from 1, or a text from an object, no more: json_type does. */
const compileCondition = (condition: Condition): Sql => {
  if ('contains' in condition) {
    const { paths, contains } = condition;
    const anyOf = paths.map(
      (path) => `${typeAt(path)} = 'text' AND instr(lower(${valueAt(path)}), lower(?)) > 0`,
    );
    return { sql: anyOf.join(' OR ') || 'FALSE', bound: paths.map(() => contains) };
  }
  const [operator, scalar] =
    'equals' in condition
      ? ['=', condition.equals]
      : 'atLeast' in condition
        ? ['>=', condition.atLeast]
        : ['<=', condition.atMost];
  const value = valueAt(condition.path);
  if (scalar === null) return { sql: `${value} IS NULL`, bound: [] };
  return {
    sql: `${value} ${operator} ? AND ${typeAt(condition.path)} IN (${jsonTypes(scalar)})`,
    bound: [typeof scalar === 'boolean' ? Number(scalar) : scalar],
  };
};

const jsonTypes = (scalar: Exclude<Scalar, null>): string => {
  if (typeof scalar === 'string') return "'text'";
  return typeof scalar === 'number' ? "'integer', 'real'" : "'true', 'false'";
};

const typeAt = (path: Path): string => `json_type(doc, ${jsonPath(path)})`;

const jsonPath = (path: Path): string => {
  // A path becomes part of the statement's text.
  if (!/^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/.test(path)) throw new RangeError(`Not a path: ${path}`);
  return `'$.${path}'`;
};

const parseCursor = (cursor: string, sortedBy: string): Place => {
  const [cameFrom, value, id] = decode(cursor);
  const isBound = value === null || typeof value === 'string' || typeof value === 'number';
  if (cameFrom !== sortedBy || !isBound || typeof id !== 'string') throw new InvalidCursor();
  return { value, id };
};

const decode = (cursor: string): readonly unknown[] => {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(decoded) ? decoded : [];
  } catch {
    throw new InvalidCursor();
  }
};
