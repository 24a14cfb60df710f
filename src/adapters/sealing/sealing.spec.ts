import { describe, expect, it } from '@jest/globals';
import { decrypt, digest, encrypt, subkey } from './sealing.js';

const hex = (text: string) => Buffer.from(text, 'hex');

describe('Sealing', () => {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
  const nonce = hex('cafebabefacedbaddecaf888');
  const context = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
  const plaintext = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  );
  const sealed = hex(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  );

  it('is AES-256-GCM', () => {
    expect(encrypt(key, nonce, context, plaintext)).toStrictEqual(sealed);
    expect(decrypt(key, nonce, context, sealed)).toStrictEqual(plaintext);
  });

  it('opens nothing that was changed, cut off or sealed for something else', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(decrypt(key, nonce, context, changed)).toBeUndefined();
      expect(decrypt(key, nonce, context, sealed.subarray(0, at))).toBeUndefined();
    }
    expect(decrypt(key, nonce, Buffer.from('else'), sealed)).toBeUndefined();
    expect(decrypt(key, nonce.subarray(1), context, sealed)).toBeUndefined();
  });

  it('derives keys by HKDF-SHA-256 and digests by HMAC-SHA-256', () => {
    // RFC 5869, test case 3, the first 32 bytes; RFC 4231, test case 2.
    expect(subkey(Buffer.alloc(22, 0x0b), '').toString('hex')).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
    );
    expect(
      Buffer.from(digest(Buffer.from('Jefe'), 'what do ya want for nothing?'), 'base64url'),
    ).toStrictEqual(hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'));
    expect(subkey(key, 'one')).not.toStrictEqual(subkey(key, 'another'));
  });
});
