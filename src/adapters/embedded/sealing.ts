import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

/** AES-256-GCM with the nonce of 96 bits and the tag of 128 bits that NIST SP 800-38D recommends. */
export const nonceBytes = 12;
const tagBytes = 16;

/** The ciphertext with the tag behind it. */
export const encrypt = (key: Buffer, nonce: Buffer, context: Buffer, plaintext: Buffer): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(context);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
};

/** undefined unless every bit is what was encrypted under this key, nonce and context. */
export const decrypt = (key: Buffer, nonce: Buffer, context: Buffer, sealed: Buffer): Buffer | undefined => {
  if (nonce.length !== nonceBytes || sealed.length < tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const plaintext = decipher.update(sealed.subarray(0, -tagBytes));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    // The tag does not fit; there is no other way to ask.
    return undefined;
  }
};

/** A key for one use, from which neither the secret nor the keys for other uses follow (HKDF-SHA-256, RFC 5869). */
export const subkey = (secret: Buffer, use: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', use, 32));

export const digest = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');
