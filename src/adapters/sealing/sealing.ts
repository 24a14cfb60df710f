import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type Sealed } from '../../kernel/sealed.js';
import { UnreadableSeal } from '../../ports/keys.js';

/** AES-256-GCM with the nonce of 96 bits and the tag of 128 bits that NIST SP 800-38D recommends. */
const nonceBytes = 12;
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

/** `v1.<id of the key>.<nonce, ciphertext and tag>` */
const format = /^v1\.([\w-]{16})\.([\w-]+)$/;
const keyIdBytes = 12;
export const secretBytes = 32;

/** What a customer's key is made of. */
export interface KeyMaterial {
  readonly id: string;
  readonly secret: Buffer;
}

export const newKey = (): KeyMaterial => ({
  id: randomBytes(keyIdBytes).toString('base64url'),
  secret: randomBytes(secretBytes),
});

/**
 * Where the secrets of keys are kept, as they are or wrapped by somebody else: by customer until it is forgotten, and
 * by the id of the key for ever. Nothing is remembered: what one process forgets, no other finds any more.
 */
export interface Secrets {
  held(customerId: string): Promise<KeyMaterial | undefined>;
  /** Of two that come at once one is kept, and both are answered with that. */
  hold(customerId: string, made: KeyMaterial): Promise<KeyMaterial>;
  withId(
    id: string,
  ): Promise<{ readonly customer: string; readonly secret: Buffer } | 'forgotten' | 'unknown'>;
  forget(customerId: string): Promise<boolean>;
}

/** The id of the key that it takes; undefined for what is no sealed text. */
export const keyIdOf = (sealed: Sealed): string | undefined => format.exec(sealed)?.[1];

/** A customer's key, ready for use. */
export class CustomerKey {
  private sealing: Buffer | undefined;
  private fingerprinting: Buffer | undefined;

  constructor(
    readonly customer: string,
    readonly id: string,
    private readonly secret: Buffer,
  ) {
    if (secret.length === secretBytes) return;
    throw new Error(`The key of ${customer} was wrapped by AWS KMS: set KEYS_KMS_KEY_ID, as it was then.`);
  }

  seal(purpose: string, plaintext: string): Sealed {
    const nonce = randomBytes(nonceBytes);
    const sealed = encrypt(this.sealingKey(), nonce, this.context(purpose), Buffer.from(plaintext, 'utf8'));
    return `v1.${this.id}.${Buffer.concat([nonce, sealed]).toString('base64url')}` as Sealed;
  }

  /** undefined when it is damaged or was sealed for something else. */
  open(purpose: string, sealed: Sealed): string | undefined {
    const body = format.exec(sealed)?.[2] ?? '';
    const bytes = Buffer.from(body, 'base64url');
    // Different texts may decode alike.
    if (bytes.toString('base64url') !== body) return undefined;
    const [nonce, ciphertext] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes)];
    return decrypt(this.sealingKey(), nonce, this.context(purpose), ciphertext)?.toString('utf8');
  }

  fingerprint(text: string): string {
    this.fingerprinting ??= subkey(this.secret, 'fingerprint v1');
    return digest(this.fingerprinting, text);
  }

  private sealingKey(): Buffer {
    this.sealing ??= subkey(this.secret, 'seal v1');
    return this.sealing;
  }

  /** Authenticated, not stored. */
  private context(purpose: string): Buffer {
    return Buffer.from(JSON.stringify([this.customer, purpose]), 'utf8');
  }
}

/** What is known of the key that a sealed text names. */
export type FoundKey = CustomerKey | 'forgotten' | 'unknown';

/** undefined when the key is forgotten. @throws UnreadableSeal */
export const openWith = (
  key: FoundKey,
  customerId: string,
  purpose: string,
  sealed: Sealed,
): string | undefined => {
  if (key === 'forgotten') return undefined;
  const plaintext = key !== 'unknown' && key.customer === customerId ? key.open(purpose, sealed) : undefined;
  if (plaintext === undefined) throw new UnreadableSeal(customerId, purpose);
  return plaintext;
};
