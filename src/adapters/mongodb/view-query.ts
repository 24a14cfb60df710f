import { type Filter, type Sort } from 'mongodb';
import { type Position } from '../../kernel/envelope.js';
import { type Condition, InvalidCursor, type Path, type Scalar, type ViewQuery } from '../../ports/views.js';

/** A document as it is kept; one that was removed keeps its position for a while, against writes that come late. */
export interface DocumentRow {
  readonly _id: string;
  readonly position: Position;
  readonly doc?: object;
  readonly removedAt?: Date;
}

/** One that has not been removed. */
export type FoundRow = DocumentRow & { readonly doc: object };

export const isThere: Filter<DocumentRow> = { doc: { $exists: true } };

export interface CompiledQuery {
  readonly filter: Filter<DocumentRow>;
  readonly sort: Sort;
  readonly cursorAfter: (row: FoundRow) => string;
}

/** @throws InvalidCursor */
export const compileQuery = ({ where = [], sort, cursor }: ViewQuery): CompiledQuery => {
  const sortedBy = sort === undefined ? '' : `${sort.direction} ${sort.path}`;
  const by = sort === undefined ? undefined : fieldOf(sort.path);
  const ascending = sort?.direction !== 'descending';
  const after = cursor === undefined ? undefined : parseCursor(cursor, sortedBy);
  const conditions = [isThere, ...where.map(compileCondition)];
  const order = ascending ? 1 : -1;
  return {
    filter:
      after === undefined
        ? { $and: conditions }
        : // With all conditions in each: the server then merges ranges of one index that are in order already.
          { $or: rangesAfter(by, ascending, after).map((range) => ({ $and: [...conditions, range] })) },
    sort: by === undefined ? { _id: order } : { [by]: order, _id: order },
    cursorAfter: ({ _id, doc }) => {
      const value = sort === undefined ? null : sortValue(doc, sort.path);
      return Buffer.from(JSON.stringify([sortedBy, value, _id])).toString('base64url');
    },
  };
};

/** The field of the row; what indexes and queries share. */
export const fieldOf = (path: Path): string => {
  if (!/^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/.test(path)) throw new RangeError(`Not a path: ${path}`);
  return `doc.${path}`;
};

interface Place {
  readonly value: Scalar;
  readonly id: string;
}

/** In the order of BSON (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/), behind null. */
const kinds = ['number', 'string', 'boolean'];
const typeOf: Readonly<Record<string, string>> = { number: 'number', string: 'string', boolean: 'bool' };

/** Comparisons hold among values of one kind; those of the kinds behind it are ranges of their own. */
const rangesAfter = (
  by: string | undefined,
  ascending: boolean,
  { value, id }: Place,
): readonly Filter<DocumentRow>[] => {
  const beyond = ascending ? '$gt' : '$lt';
  const tie = { _id: { [beyond]: id } };
  if (by === undefined) return [tie];
  if (value === null) return [{ [by]: null, ...tie }, ...(ascending ? [{ [by]: { $ne: null } }] : [])];
  const kind = kinds.indexOf(typeof value);
  const others = (ascending ? kinds.slice(kind + 1) : kinds.slice(0, kind)).map((each) => typeOf[each]);
  return [
    { [by]: { $eq: value }, ...tie },
    { [by]: { [beyond]: value } },
    ...(others.length > 0 ? [{ [by]: { $type: others } } as Filter<DocumentRow>] : []),
    ...(ascending ? [] : [{ [by]: null }]),
  ];
};

const compileCondition = (condition: Condition): Filter<DocumentRow> => {
  if ('contains' in condition) {
    const { paths, contains } = condition;
    const anyOf = paths.map((path) => ({ [fieldOf(path)]: { $regex: patternOf(contains) } }));
    return anyOf.length > 0 ? { $or: anyOf } : { _id: { $in: [] } };
  }
  const [operator, scalar] =
    'equals' in condition
      ? ['$eq', condition.equals]
      : 'atLeast' in condition
        ? ['$gte', condition.atLeast]
        : ['$lte', condition.atMost];
  return { [fieldOf(condition.path)]: { [operator]: scalar } };
};

/** Of ASCII letters in either case: the server's option would fold those of other alphabets too. */
const patternOf = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9\u0080-\uffff]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/\\x..|[A-Za-z]/g, (sign) =>
      sign.length > 1 ? sign : `[${sign.toLowerCase()}${sign.toUpperCase()}]`,
    );

const sortValue = (doc: object, path: Path): Scalar => {
  const value = path.split('.').reduce<unknown>(valueIn, doc) ?? null;
  if (isScalar(value)) return value;
  throw new RangeError(`Documents cannot be paged by ${path}: in one of them it is no single value.`);
};

const valueIn = (holder: unknown, key: string): unknown =>
  typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? (holder as Readonly<Record<string, unknown>>)[key]
    : undefined;

const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const parseCursor = (cursor: string, sortedBy: string): Place => {
  const [cameFrom, value, id] = decode(cursor);
  if (cameFrom !== sortedBy || !isScalar(value) || typeof id !== 'string') throw new InvalidCursor();
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
