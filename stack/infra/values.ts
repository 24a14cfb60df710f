import { type Expression, parseExpression, type Part } from './expressions.ts';
import { type Type } from './types.ts';

/** What stands behind names. */
export interface Names {
  readonly local: (name: string) => string | undefined;
  readonly variable: (name: string) => Type | undefined;
}

/**
 * What is wrong with a value for a type, as far as it is written out: Terraform itself drops an attribute that an object type does
 * not have without a word.
 */
export const unfit = async (
  value: Expression,
  type: Type,
  path: string,
  names: Names,
): Promise<readonly string[]> => {
  const all = async (values: readonly (readonly [string, Type, string])[]): Promise<readonly string[]> =>
    (
      await Promise.all(
        values.map(async ([text, of, at]) => unfit(await parseExpression(text), of, at, names)),
      )
    ).flat();
  const each = async (values: readonly Expression[], of: Type): Promise<readonly string[]> =>
    (await Promise.all(values.map((one, index) => unfit(one, of, `${path}[${index}]`, names)))).flat();

  if (type.is === 'any' || isNull(value)) return [];
  switch (value.type) {
    case 'conditional':
      return (await Promise.all(value.children.slice(1).map((one) => unfit(one, type, path, names)))).flat();
    case 'function':
      // What is merged is incomplete each by itself, so only maps are looked at.
      if (value.meta.name !== 'merge' || type.is !== 'map') return [];
      return (await Promise.all(value.children.map((one) => unfit(one, type, path, names)))).flat();
    case 'for': {
      const { valueExpression } = value.meta;
      if (type.is !== 'list' && type.is !== 'map') return [];
      return valueExpression === undefined ? [] : all([[valueExpression, type.of, `${path}[…]`]]);
    }
    case 'object': {
      const items = Object.entries(value.meta.items ?? {}).map(
        ([key, text]) => [key.replace(/^"(.*)"$/, '$1'), text] as const,
      );
      if (type.is === 'map') return all(items.map(([key, text]) => [text, type.of, `${path}.${key}`]));
      if (type.is !== 'object') return [`${path} is an object, where ${nameOf(type)} is expected`];
      if (items.some(([key]) => !/^[\w-]+$/.test(key))) return [];
      const given = new Set(items.map(([key]) => key));
      return [
        ...[...given]
          .filter((key) => !type.attributes.has(key))
          .map(
            (key) => `${path} has no attribute ${key}; there are ${[...type.attributes.keys()].join(', ')}`,
          ),
        ...[...type.attributes]
          .filter(([key, { optional }]) => !optional && !given.has(key))
          .map(([key]) => `${path} lacks the attribute ${key}`),
        ...(await all(
          items.flatMap(([key, text]) => {
            const found = type.attributes.get(key);
            return found === undefined ? [] : [[text, found.type, `${path}.${key}`] as const];
          }),
        )),
      ];
    }
    case 'tuple':
      if (type.is === 'list') return each(value.children, type.of);
      return type.is === 'tuple' ? [] : [`${path} is a list, where ${nameOf(type)} is expected`];
    case 'template':
      if (type.is === 'string') return [];
      if (type.is === 'number' || type.is === 'bool') {
        const text = value.children.length === 1 ? value.children[0]?.meta.value : undefined;
        if (value.children.length > 1 || text === undefined) return [];
        const fits =
          type.is === 'bool' ? /^(?:true|false)$/.test(text) : text !== '' && !Number.isNaN(Number(text));
        return fits ? [] : [`${path} is "${text}", where ${nameOf(type)} is expected`];
      }
      return [`${path} is a string, where ${nameOf(type)} is expected`];
    case 'literalValue': {
      const text = value.meta.value ?? '';
      if (type.is === 'string') return [];
      if (type.is === 'bool' && !/^(?:true|false)$/.test(text))
        return [`${path} is ${text}, where bool is expected`];
      if (type.is === 'number' && Number.isNaN(Number(text)))
        return [`${path} is ${text}, where number is expected`];
      return type.is === 'bool' || type.is === 'number'
        ? []
        : [`${path} is ${text}, where ${nameOf(type)} is expected`];
    }
    case 'scopeTraversal': {
      const [root, name, ...more] = value.meta.traversal ?? [];
      if (root?.segment === 'var') {
        const found = typeAt(names.variable(name?.segment ?? ''), more);
        return found === undefined || agree(found, type)
          ? []
          : [`${path} is ${nameOf(found)}, where ${nameOf(type)} is expected`];
      }
      const text =
        root?.segment === 'local' && more.length === 0 ? names.local(name?.segment ?? '') : undefined;
      return text === undefined ? [] : all([[text, type, `${path} = local.${name?.segment ?? ''}`]]);
    }
    default:
      return [];
  }
};

/** What is at the end of the way from a value of the type; undefined when that is not known. */
const typeAt = (type: Type | undefined, way: readonly Part[]): Type | undefined =>
  way.reduce<Type | undefined>((from, part) => {
    if (from?.is === 'list' || from?.is === 'map') return from.of;
    return from?.is === 'object' && part.type === 'nameTraversal'
      ? from.attributes.get(part.segment)?.type
      : undefined;
  }, type);

const primitive = new Set<Type['is']>(['string', 'number', 'bool']);

/** Whether Terraform may turn the one into the other: primitives into each other, lists and tuples, maps and objects. */
const agree = (one: Type, other: Type): boolean => {
  if (one.is === 'any' || other.is === 'any' || one.is === other.is) return true;
  const sort = ({ is }: Type): string => {
    if (primitive.has(is)) return 'primitive';
    return is === 'list' || is === 'tuple' ? 'sequence' : 'names';
  };
  return sort(one) === sort(other);
};

const isNull = (value: Expression): boolean => value.type === 'literalValue' && value.meta.value === 'null';

const nameOf = (type: Type): string =>
  type.is === 'list' ? 'a list' : type.is === 'any' ? 'anything' : `a ${type.is}`;
