import { describe, expect, it } from '@jest/globals';
import { logLevel } from 'kafkajs';
import { clientConfig } from './client.js';

const common = {
  brokers: ['b1:9092', 'b2:9092'],
  clientId: 'bridge',
  connectionTimeout: 3_000,
  authenticationTimeout: 10_000,
  requestTimeout: 10_000,
  retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 3 },
  logLevel: logLevel.NOTHING,
};
const options = { brokers: common.brokers, clientId: common.clientId };

describe('The client of Kafka', () => {
  it('is neither encrypted nor authenticated unless it is told to be', () => {
    expect(clientConfig(options)).toStrictEqual(common);
  });

  it.each([true, { ca: 'authority' }, { ca: 'authority', cert: 'certificate', key: 'secret' }])(
    'is encrypted with %j',
    (ssl) => {
      expect(clientConfig({ ...options, ssl })).toStrictEqual({ ...common, ssl });
    },
  );

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('says who it is by %s', (mechanism) => {
    const sasl = { mechanism, username: 'shop', password: 'secret' };
    expect(clientConfig({ ...options, ssl: true, sasl })).toStrictEqual({ ...common, ssl: true, sasl });
  });

  it('says who it is by AWS IAM with a token that is asked for at each authentication', () => {
    const sasl = { mechanism: 'aws-msk-iam', region: 'eu-central-1' } as const;
    expect(clientConfig({ ...options, ssl: true, sasl })).toStrictEqual({
      ...common,
      ssl: true,
      sasl: { mechanism: 'oauthbearer', oauthBearerProvider: expect.any(Function) },
    });
  });
});
