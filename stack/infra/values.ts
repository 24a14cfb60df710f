import { type Expression, parseExpression } from './expressions.ts';
import { type Type } from './types.ts';

/**
 * What is wrong with a value for a type, as far as it is written out: Terraform itself drops an attribute that an object type does
 * not have without a word.
 */
export const unfit = async (
  value: Expression,
  type: Type,
  path: string,
  local: (name: string) => string | undefined,
): Promise<readonly string[]> => {
  const all = async (values: readonly (readonly [string, Type, string])[]): Promise<readonly string[]> =>
    (
      await Promise.all(
        values.map(async ([text, of, at]) => unfit(await parseExpression(text), of, at, local)),
      )
    ).flat();
  const each = async (values: readonly Expression[], of: Type): Promise<readonly string[]> =>
    (await Promise.all(values.map((one, index) => unfit(one, of, `${path}[${index}]`, local)))).flat();

  if (type.is === 'any' || isNull(value)) return [];
  switch (value.type) {
    case 'conditional':
      return (await Promise.all(value.children.slice(1).map((one) => unfit(one, type, path, local)))).flat();
    case 'function':
      // What is merged is incomplete each by itself, so only maps are looked at.
      if (value.meta.name !== 'merge' || type.is !== 'map') return [];
      return (await Promise.all(value.children.map((one) => unfit(one, type, path, local)))).flat();
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
      const [root, name, more] = value.meta.traversal ?? [];
      const text = root?.segment === 'local' && more === undefined ? local(name?.segment ?? '') : undefined;
      return text === undefined ? [] : all([[text, type, `${path} = local.${name?.segment ?? ''}`]]);
    }
    default:
      return [];
  }
};

const isNull = (value: Expression): boolean => value.type === 'literalValue' && value.meta.value === 'null';

const nameOf = (type: Type): string =>
  type.is === 'list' ? 'a list' : type.is === 'any' ? 'anything' : `a ${type.is}`;
