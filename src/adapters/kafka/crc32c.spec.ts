import { describe, expect, it } from '@jest/globals';
import { crc32c } from './crc32c.js';

describe('CRC-32C', () => {
  // RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms.
  it.each([
    ['nothing', Buffer.alloc(0), 0],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['32 bytes of zero', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of one', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 bytes that grow', Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)), 0x46dd794e],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
    // Wherever it lies in memory.
    expect(crc32c(Buffer.concat([Buffer.from('x'), bytes]).subarray(1))).toBe(expected);
  });
});
