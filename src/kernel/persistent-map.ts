type Entry<Value> = readonly [key: string, value: Value];

/** The entries whose keys have this hash; more than one when hashes collide. */
interface Leaf<Value> {
  readonly hash: number;
  readonly entries: readonly Entry<Value>[];
}

/** Up to 32 children, chosen by five bits of the hash; the bitmap says which of them there are. */
interface Branch<Value> {
  readonly bitmap: number;
  readonly children: readonly Node<Value>[];
}

type Node<Value> = Leaf<Value> | Branch<Value>;

/**
 * An immutable map (hash trie): `set` gives a new map that shares all but O(log n) with the old one. For state that
 * every event changes a little, while several versions of it live side by side.
 */
export class PersistentMap<Value> implements Iterable<Entry<Value>> {
  private constructor(
    readonly size: number,
    private readonly root: Node<Value>,
  ) {}

  static empty<Value>(): PersistentMap<Value> {
    return new PersistentMap<Value>(0, { bitmap: 0, children: [] });
  }

  get(key: string): Value | undefined {
    return find(this.root, 0, hashOf(key), key)?.[1];
  }

  set(key: string, value: Value): PersistentMap<Value> {
    const hash = hashOf(key);
    const added = find(this.root, 0, hash, key) === undefined ? 1 : 0;
    return new PersistentMap(this.size + added, insert(this.root, 0, hash, [key, value]));
  }

  [Symbol.iterator](): Iterator<Entry<Value>> {
    return entriesOf(this.root);
  }
}

const find = <Value>(
  node: Node<Value>,
  shift: number,
  hash: number,
  key: string,
): Entry<Value> | undefined => {
  if ('entries' in node) return node.entries.find(([known]) => known === key);
  const child = childOf(node, bitOf(hash, shift));
  return child && find(child, shift + 5, hash, key);
};

const insert = <Value>(node: Node<Value>, shift: number, hash: number, entry: Entry<Value>): Node<Value> => {
  if ('entries' in node) {
    if (node.hash === hash) {
      return { hash, entries: [...node.entries.filter(([key]) => key !== entry[0]), entry] };
    }
    return insert({ bitmap: bitOf(node.hash, shift), children: [node] }, shift, hash, entry);
  }
  const bit = bitOf(hash, shift);
  const child = childOf(node, bit);
  const index = indexOf(node, bit);
  return child === undefined
    ? { bitmap: node.bitmap | bit, children: node.children.toSpliced(index, 0, { hash, entries: [entry] }) }
    : { bitmap: node.bitmap, children: node.children.with(index, insert(child, shift + 5, hash, entry)) };
};

function* entriesOf<Value>(node: Node<Value>): Generator<Entry<Value>, undefined> {
  if ('entries' in node) yield* node.entries;
  else for (const child of node.children) yield* entriesOf(child);
}

const bitOf = (hash: number, shift: number): number => 1 << ((hash >>> shift) & 31);

const childOf = <Value>(node: Branch<Value>, bit: number): Node<Value> | undefined =>
  (node.bitmap & bit) === 0 ? undefined : node.children[indexOf(node, bit)];

/** How many children stand before this one. */
const indexOf = ({ bitmap }: Branch<unknown>, bit: number): number => {
  let count = 0;
  for (let rest = bitmap & (bit - 1); rest !== 0; rest &= rest - 1) count += 1;
  return count;
};

const hashOf = (key: string): number => {
  let hash = 0;
  for (let index = 0; index < key.length; index += 1)
    hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0;
  return hash ^ (hash >>> 16);
};
