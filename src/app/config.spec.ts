import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { InvalidConfiguration, readConfig, settingNames } from './config.js';

const documented = Object.fromEntries(
  readFileSync('.env.example', 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => line.split('=') as [string, string]),
);

describe('configuration', () => {
  it('is documented in .env.example, setting by setting, with its default', () => {
    expect(Object.keys(documented)).toEqual(settingNames);
    expect(readConfig(documented)).toEqual(readConfig({}));
  });

  it('takes an empty variable for an unset one', () => {
    expect(readConfig({ PORT: '', ROLES: '' })).toEqual(readConfig({}));
  });

  it('reads lists, numbers and flags', () => {
    expect(readConfig({ ROLES: 'api, process,api', PORT: '0', SEED_DEMO: 'true' })).toMatchObject({
      ROLES: ['api', 'process'],
      PORT: 0,
      SEED_DEMO: true,
    });
  });

  it.each([
    [
      'PORT',
      '80x80',
      'PORT=80x80 is not valid: it must be a whole number from 0 to 65535 (see .env.example).',
    ],
    ['PORT', '-1', 'PORT=-1 is not valid: it must be a whole number from 0 to 65535 (see .env.example).'],
    [
      'PORT',
      '70000',
      'PORT=70000 is not valid: it must be a whole number from 0 to 65535 (see .env.example).',
    ],
    [
      'ROLES',
      'api,projektor',
      'ROLES=api,projektor is not valid: it must be a comma-separated list of api, process, projector, bridge (see .env.example).',
    ],
    [
      'TRUST_PROXY',
      '10.0.0.0/33',
      'TRUST_PROXY=10.0.0.0/33 is not valid: it must be addresses and networks with commas, like 10.0.0.0/8 (see .env.example).',
    ],
    ['SEED_DEMO', 'yes', 'SEED_DEMO=yes is not valid: it must be true or false (see .env.example).'],
  ])('%s=%s stops the start with a sentence that names it', (name, value, sentence) => {
    expect(() => readConfig({ [name]: value })).toThrow(new InvalidConfiguration([sentence]));
  });

  it.each([
    [{ KAFKA_SASL: 'scram-sha-512', KAFKA_USERNAME: 'shop' }, ['KAFKA_PASSWORD']],
    [{ KAFKA_SASL: 'plain' }, ['KAFKA_USERNAME', 'KAFKA_PASSWORD']],
    [{ KAFKA_SASL: 'aws-msk-iam' }, ['KAFKA_AWS_REGION']],
    [{ KAFKA_REPLICATION_FACTOR: '1' }, ['KAFKA_MIN_INSYNC_REPLICAS']],
    [{ MONGODB_USERNAME: 'shop' }, ['MONGODB_PASSWORD']],
    [{ EVENTSTORE_PASSWORD: 'secret' }, ['EVENTSTORE_USERNAME']],
    [{ OIDC_ISSUER: 'https://id.example' }, ['OIDC_AUDIENCE']],
    [{ OIDC_AUDIENCE: 'orders' }, ['OIDC_AUDIENCE']],
    [{ OIDC_JWKS_URL: 'https://id.example/keys' }, ['OIDC_JWKS_URL']],
    [{ DEV_ISSUER: 'true', NODE_ENV: 'production' }, ['DEV_ISSUER']],
    [{ DEV_ISSUER: 'true', OIDC_ISSUER: 'https://id.example', OIDC_AUDIENCE: 'orders' }, ['DEV_ISSUER']],
    [{ DEV_ISSUER: 'true', PORT: '0' }, ['DEV_ISSUER']],
    [{ NODE_ENV: 'Production' }, ['NODE_ENV']],
    [{ NODE_ENV: 'production', OIDC_ISSUER: 'http://id.example', OIDC_AUDIENCE: 'orders' }, ['OIDC_ISSUER']],
  ])('%j is not enough', (env, names) => {
    const all = new RegExp(names.map((name) => `${name}=.* must `).join('.*'), 's');
    expect(() => readConfig(env)).toThrow(all);
  });

  it('shows nothing of an address that is wrong: it may hold a password', () => {
    expect(() => readConfig({ MONGODB_URL: 'mongo://shop:secret@host' })).toThrow(
      'MONGODB_URL=… is not valid: it must be like mongodb://host:27017/?replicaSet=rs0 (see .env.example).',
    );
  });

  it('names every wrong setting at once', () => {
    expect(() => readConfig({ PORT: 'a', LOG_LEVEL: 'loud' })).toThrow(/PORT=a .*\nLOG_LEVEL=loud /s);
  });
});
