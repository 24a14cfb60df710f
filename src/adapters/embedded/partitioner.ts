const MULTIPLIER = 0x5bd1e995;

/** Kafka's hash of keys (org.apache.kafka.common.utils.Utils.murmur2): a signed number of 32 bits. */
export const murmur2 = (key: Buffer): number => {
  let hash = 0x9747b28c ^ key.length;
  let at = 0;
  for (; at + 4 <= key.length; at += 4) {
    let word = Math.imul(key.readInt32LE(at), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (at < key.length) {
    hash = Math.imul(hash ^ key.readUIntLE(at, key.length - at), MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
};

/** Where Kafka's default partitioner puts a key. */
export const partitionOf = (key: Buffer, partitions: number): number =>
  (murmur2(key) & 0x7fff_ffff) % partitions;
