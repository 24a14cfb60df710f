import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';

const list = (command: string, ...args: readonly string[]): readonly string[] => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, MAKEFLAGS: '' },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line.endsWith('.spec.ts'));
};

describe('make unit, contract and e2e', () => {
  it('are the tests of make test, each of them once', () => {
    const parts = ['unit', 'contract', 'e2e'].map((target) =>
      list('make', '--silent', '--assume-old=dist/.built', target, 'JEST_ARGUMENTS=--listTests'),
    );
    expect(parts.map((specs) => specs.length > 0)).toEqual([true, true, true]);
    expect(parts.flat().sort()).toEqual(
      [...list('npm', 'run', '--silent', 'jest', '--', '--listTests')].sort(),
    );
  });
});
