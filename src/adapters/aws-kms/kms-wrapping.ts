import {
  DecryptCommand,
  GenerateDataKeyCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
  KMSServiceException,
} from '@aws-sdk/client-kms';
import { StorageUnavailable } from '../../ports/storage.js';

/** KMS does not let this program use the key. */
export class KmsUnusable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'KmsUnusable';
  }
}

export interface WrappedSecret {
  readonly secret: Buffer;
  readonly wrapped: Buffer;
}

/** Secrets that only KMS can unwrap, and only for the customer that they were made for. */
export class KmsWrapping {
  constructor(
    private readonly kms: Pick<KMSClient, 'send'>,
    private readonly keyId: string,
  ) {}

  /** @throws StorageUnavailable */
  make(customerId: string): Promise<WrappedSecret> {
    return this.asked(async () => {
      const made = await this.kms.send(
        new GenerateDataKeyCommand({
          KeyId: this.keyId,
          KeySpec: 'AES_256',
          EncryptionContext: contextOf(customerId),
        }),
      );
      return { secret: bytesOf(made.Plaintext), wrapped: bytesOf(made.CiphertextBlob) };
    });
  }

  /** undefined when it is damaged, or was made for another customer or under another key. @throws StorageUnavailable */
  async unwrap(customerId: string, wrapped: Buffer): Promise<Buffer | undefined> {
    return this.asked(async () => {
      try {
        const { Plaintext } = await this.kms.send(
          new DecryptCommand({
            KeyId: this.keyId,
            CiphertextBlob: wrapped,
            EncryptionContext: contextOf(customerId),
          }),
        );
        return bytesOf(Plaintext);
      } catch (error) {
        if (error instanceof InvalidCiphertextException || error instanceof IncorrectKeyException)
          return undefined;
        throw error;
      }
    });
  }

  /** Whether it would do both. @throws StorageUnavailable while it does not answer, KmsUnusable when it never will */
  async check(): Promise<void> {
    const nobody = 'nobody';
    try {
      const { wrapped } = await this.make(nobody);
      await this.unwrap(nobody, wrapped);
    } catch (error) {
      const { cause } = error instanceof StorageUnavailable ? error : {};
      if (!(cause instanceof KMSServiceException && lasting.has(cause.name))) throw error;
      throw new KmsUnusable(
        `AWS KMS does not let this program use KEYS_KMS_KEY_ID=${this.keyId} (${cause.name}: ${cause.message}). It must be a symmetric key that ` +
          'is enabled, and the role of the program needs kms:GenerateDataKey and kms:Decrypt on it.',
        cause,
      );
    }
  }

  private async asked<Result>(step: () => Promise<Result>): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StorageUnavailable(
        `AWS KMS, which wraps the keys of personal data, cannot be used now: ${why}`,
        error,
      );
    }
  }
}

/** Not all of them are in the SDK as classes. */
const lasting = new Set([
  'AccessDeniedException',
  'DisabledException',
  'InvalidKeyUsageException',
  'InvalidSignatureException',
  'KMSInvalidStateException',
  'NotFoundException',
  'UnrecognizedClientException',
]);

/** Authenticated by KMS, and shown in its audit log: an id, which says nothing of a person. */
const contextOf = (customer: string): Record<string, string> => ({ customer });

const bytesOf = (bytes: Uint8Array | undefined): Buffer => {
  if (bytes === undefined) throw new Error('KMS has answered without what was asked for.');
  return Buffer.from(bytes);
};
