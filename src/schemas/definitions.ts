import { logicalType } from './logical.js';
import { type EnumSchema, type FixedSchema, type NamedSchema, type Place } from './model.js';
import { below, InvalidSchema, isName, type JsonObject, text } from './names.js';

type Head<Kind extends NamedSchema> = Pick<Kind, 'place' | 'attributes' | 'name' | 'fullName' | 'aliases'>;

/** Specification, "Enums". */
export const enumOf = (head: Head<EnumSchema>): EnumSchema => {
  const { attributes, place } = head;
  const { symbols } = attributes;
  if (!Array.isArray(symbols)) throw new InvalidSchema(place, 'an enum needs a list "symbols"');
  const seen = new Set<string>();
  for (const [number, symbol] of symbols.entries()) {
    const at = below(place, 'symbols', number);
    if (typeof symbol !== 'string' || !isName(symbol))
      throw new InvalidSchema(at, 'a symbol is a valid name');
    if (seen.has(symbol)) throw new InvalidSchema(at, `the symbol ${symbol} is there twice`);
    seen.add(symbol);
  }
  const fallback = text(attributes, 'default');
  if (fallback !== undefined && !seen.has(fallback)) {
    throw new InvalidSchema(below(place, 'default'), `${fallback} is not one of the symbols`);
  }
  return { ...head, type: 'enum', symbols: [...seen], ...(fallback !== undefined && { default: fallback }) };
};

/** Specification, "Fixed". */
export const fixedOf = (head: Head<FixedSchema>): FixedSchema => {
  const { attributes, place } = head;
  const { size } = attributes;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > 0x7fffffff) {
    throw new InvalidSchema(place, 'a fixed needs a "size", a whole number of bytes');
  }
  const logical = logicalType(attributes, 'fixed', size);
  return { ...head, type: 'fixed', size, ...(logical && { logical }) };
};

/** Specification, "Aliases". */
export const aliasesOf = (json: JsonObject, place: Place): readonly string[] => {
  const { aliases = [] } = json;
  const names: readonly unknown[] | undefined = Array.isArray(aliases) ? aliases : undefined;
  if (!names?.every((alias) => typeof alias === 'string')) {
    throw new InvalidSchema(below(place, 'aliases'), '"aliases" is a list of names');
  }
  return [...new Set(names)];
};
