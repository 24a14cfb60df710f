import { describe, expect, it } from '@jest/globals';
import { murmur2, partitionOf } from './partitioner.js';

describe('Partitioner', () => {
  // From UtilsTest of Apache Kafka.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Kafka does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it('puts a key where Kafka does: the hash without its sign, modulo the partitions', () => {
    expect(partitionOf(Buffer.from('foobar'), 6)).toBe((-790332482 & 0x7fffffff) % 6);
    expect(partitionOf(Buffer.from('abc'), 6)).toBe(479470107 % 6);
    expect(partitionOf(Buffer.from('abc'), 1)).toBe(0);
  });
});
