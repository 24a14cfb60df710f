/** Whole numbers from a seed (mulberry32): the same seed, the same schemas. */
export interface Random {
  /** From 0 to `below`, which is not reached. */
  int(below: number): number;
  chance(percent: number): boolean;
  pick<Item>(from: readonly [Item, ...Item[]]): Item;
}

export const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  const int = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
  return {
    int,
    chance: (percent) => int(100) < percent,
    pick: ([first, ...rest]) => rest[int(rest.length + 1) - 1] ?? first,
  };
};
