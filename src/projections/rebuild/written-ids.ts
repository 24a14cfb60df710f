const bits = 2 ** 24;
const hashes = 4;

/**
 * The ids that may have been written, in 2 MB however many they are: none is forgotten; one that was not written may be
 * taken for one that was, of a million ids 2 in 1,000 (Bloom filter).
 */
export class WrittenIds {
  private readonly words = new Uint32Array(bits / 32);

  add(id: string): void {
    for (const bit of placesOf(id)) this.words[bit >>> 5] = (this.words[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  mayHave(id: string): boolean {
    return placesOf(id).every((bit) => ((this.words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0);
  }
}

/** By two hashes (Kirsch and Mitzenmacher, "Less hashing, same performance"). */
const placesOf = (id: string): readonly number[] => {
  let one = 0x811c9dc5;
  let other = id.length;
  for (let index = 0; index < id.length; index += 1) {
    const unit = id.charCodeAt(index);
    one = Math.imul(one ^ unit, 0x01000193);
    other = Math.imul(other ^ unit, 0x5bd1e995);
    other ^= other >>> 15;
  }
  return Array.from({ length: hashes }, (_, index) => ((one + Math.imul(index, other | 1)) >>> 0) % bits);
};
