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
    ['SEED_DEMO', 'yes', 'SEED_DEMO=yes is not valid: it must be true or false (see .env.example).'],
  ])('%s=%s stops the start with a sentence that names it', (name, value, sentence) => {
    expect(() => readConfig({ [name]: value })).toThrow(new InvalidConfiguration([sentence]));
  });

  it('names every wrong setting at once', () => {
    expect(() => readConfig({ PORT: 'a', LOG_LEVEL: 'loud' })).toThrow(/PORT=a .*\nLOG_LEVEL=loud /s);
  });
});
