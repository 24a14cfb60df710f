import { fullName, namespaceOf } from '../names.js';
import { type Random } from './random.js';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonRecord = Record<string, Json>;

// Few names, so that the two sides of a pair meet often.
export const names = ['A', 'B', 'C', 'D'] as const;
export const namespaces = ['', 'x', 'y.z'] as const;
export const fields = ['f', 'g', 'h', 'i'] as const;
export const symbols = ['R', 'S', 'T', 'U'] as const;

const primitives: readonly [Json, ...Json[]] = [
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
  { type: 'int', logicalType: 'date' },
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
];

/** A schema with records in records, unions, enums with and without default, aliases, namespaces and recursion. */
export const randomSchema = (random: Random, depth = 3): Json => new Generator(random).schema('', depth);

/** `some` of `from`, each once, in their order. */
export const several = <Item>(random: Random, from: readonly Item[], percent = 60): Item[] =>
  from.filter(() => random.chance(percent));

const fullNameOf = ({ name, namespace }: JsonRecord, around: string): string | undefined =>
  typeof name === 'string' ? fullName(name, typeof namespace === 'string' ? namespace : around) : undefined;

class Generator {
  // Full name → a name is defined once and referred to after.
  readonly #defined = new Set<string>();

  constructor(private readonly random: Random) {}

  schema(namespace: string, depth: number): Json {
    const { random } = this;
    const [first, ...others] = this.#defined;
    if (first !== undefined && random.chance(20)) return random.pick([first, ...others]);
    if (depth === 0 || random.chance(25)) return random.pick(primitives);
    switch (random.int(10)) {
      case 0:
        return { type: 'array', items: this.schema(namespace, depth - 1) };
      case 1:
        return { type: 'map', values: this.schema(namespace, depth - 1) };
      case 2:
      case 3:
      case 4:
        return this.#union(namespace, depth);
      case 5:
        return this.#enum(namespace);
      case 6:
        return this.#fixed(namespace);
      default:
        return this.#record(namespace, depth);
    }
  }

  #union(namespace: string, depth: number): Json {
    const branches: Json[] = [];
    const taken = new Set<string>();
    for (let tries = 1 + this.random.int(4); tries > 0; tries -= 1) {
      const branch = this.schema(namespace, depth - 1);
      if (Array.isArray(branch)) continue;
      const name = branchName(branch, namespace);
      if (taken.has(name)) continue;
      taken.add(name);
      branches.push(branch);
    }
    return branches;
  }

  #head(namespace: string): JsonRecord | undefined {
    const { random } = this;
    const name = random.pick(names);
    const own = random.chance(30) ? random.pick(namespaces) : undefined;
    const full = fullName(name, own ?? namespace);
    if (this.#defined.has(full)) return undefined;
    this.#defined.add(full);
    return {
      name,
      ...(own !== undefined && { namespace: own }),
      ...(random.chance(25) && { aliases: [fullName(random.pick(names), random.pick(namespaces))] }),
    };
  }

  #enum(namespace: string): Json {
    const { random } = this;
    const head = this.#head(namespace);
    if (!head) return 'string';
    const chosen = [random.pick(symbols), ...several(random, symbols)];
    const [first, ...others] = new Set(chosen);
    const all: [string, ...string[]] = [first ?? 'R', ...others];
    return { ...head, type: 'enum', symbols: all, ...(random.chance(30) && { default: random.pick(all) }) };
  }

  #fixed(namespace: string): Json {
    const head = this.#head(namespace);
    return head ? { ...head, type: 'fixed', size: 4 + this.random.int(2) } : 'bytes';
  }

  #record(namespace: string, depth: number): Json {
    const { random } = this;
    const head = this.#head(namespace);
    if (!head) return 'int';
    const inside = namespaceOf(fullNameOf(head, namespace) ?? '');
    const list = several(random, fields).map((name) =>
      randomField(random, name, this.schema(inside, depth - 1)),
    );
    return { ...head, type: 'record', fields: list };
  }
}

/** Defaults need not be valid: whether there is one is all that resolution asks. (Java refuses text for a float.) */
export const randomField = (random: Random, name: string, type: Json): JsonRecord => ({
  name,
  type,
  ...(random.chance(40) && { default: random.pick<Json>([null, 0, [], {}]) }),
  ...(random.chance(20) && { aliases: several(random, fields, 40) }),
});

/** A union has one branch of a name. */
const branchName = (branch: Json, namespace: string): string => {
  if (!isRecord(branch)) return typeof branch === 'string' ? branch : '';
  return fullNameOf(branch, namespace) ?? (typeof branch['type'] === 'string' ? branch['type'] : '');
};

export const isRecord = (json: Json | undefined): json is JsonRecord =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
