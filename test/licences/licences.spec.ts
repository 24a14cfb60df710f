import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { complaints } from './licences.js';

const lockOf = (license: unknown, rest: object = {}) => ({
  packages: {
    '': { license: 'Apache-2.0' },
    'node_modules/a/node_modules/@b/c': { version: '1.0.0', license, ...rest },
  },
});

describe('the licences of what runs in production', () => {
  it('are all allowed', () => {
    expect(complaints(JSON.parse(readFileSync('package-lock.json', 'utf8')))).toEqual([]);
  });

  it.each<[unknown, readonly string[]]>([
    ['MIT', []],
    ['(MIT OR GPL-3.0-only)', []],
    ['(Apache-2.0 AND BSD-3-Clause)', []],
    ['GPL-3.0-only', ['@b/c 1.0.0 is licensed under GPL-3.0-only.']],
    ['(MIT AND GPL-3.0-only)', ['@b/c 1.0.0 is licensed under (MIT AND GPL-3.0-only).']],
    ['SEE LICENSE IN LICENSE.md', ['@b/c 1.0.0 is licensed under SEE LICENSE IN LICENSE.md.']],
    [undefined, ['@b/c 1.0.0 does not say how it is licensed.']],
    [[{ type: 'MIT' }], ['@b/c 1.0.0 does not say how it is licensed.']],
  ])('%j', (license, expected) => {
    expect(complaints(lockOf(license))).toEqual(expected);
  });

  it('are no matter for what is used in development alone', () => {
    expect(complaints(lockOf('GPL-3.0-only', { dev: true }))).toEqual([]);
  });
});
