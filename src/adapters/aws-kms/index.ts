import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { type Keys } from '../../ports/keys.js';
import { type Secrets } from '../sealing/sealing.js';
import { KmsKeys } from './kms-keys.js';
import { KmsWrapping } from './kms-wrapping.js';

export interface KmsOptions {
  /** Id, ARN or alias. */
  readonly keyId: string;
  /** Default: as the AWS SDK finds it. */
  readonly region?: string | undefined;
  /** Beside what the SDK finds by itself. */
  readonly client?: KMSClientConfig;
}

/** Customers' keys that are wrapped under a key of AWS KMS, wherever they are kept. */
export const openKms = ({ keyId, region, client }: KmsOptions) => {
  const kms = new KMSClient({
    ...(region !== undefined && { region }),
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
    ...client,
  });
  const wrapping = new KmsWrapping(kms, keyId);
  return {
    keysWith: (secrets: Secrets): Keys => new KmsKeys(secrets, wrapping),
    /** @throws StorageUnavailable, KmsUnusable */
    check: () => wrapping.check(),
    close: (): Promise<void> => {
      kms.destroy();
      return Promise.resolve();
    },
  };
};
