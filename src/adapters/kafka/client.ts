import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';
import { type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  /** With the credentials that the AWS SDK finds: those of the task, the pod or the profile. */
  | { readonly mechanism: 'aws-msk-iam'; readonly region: string };

/** PEM texts. Without them the certificate authorities of the system. */
export interface KafkaTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface ClientOptions {
  /** host:port */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: boolean | KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
}

/** How kafkajs is told. What it would do again by itself is done by the adapter, with a new connection. */
export const clientConfig = ({ brokers, clientId, ssl, sasl }: ClientOptions): KafkaConfig => ({
  brokers: [...brokers],
  clientId,
  ...(ssl !== undefined && { ssl: typeof ssl === 'boolean' ? ssl : { ...ssl } }),
  ...(sasl !== undefined && { sasl: saslOf(sasl) }),
  connectionTimeout: 3_000,
  authenticationTimeout: 10_000,
  requestTimeout: 10_000,
  retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 3 },
  // All that it would say comes as an error, too, and is logged with what it means.
  logLevel: logLevel.NOTHING,
});

const saslOf = (sasl: KafkaSasl): SASLOptions => {
  if (sasl.mechanism !== 'aws-msk-iam') return sasl;
  const { region } = sasl;
  return {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: (await generateAuthToken({ region })).token }),
  };
};
