import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checks-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const program = (name: string, body: string): void => {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
};

/** On a machine that has only what the folder has. */
const run = (script: string) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`stack/pipeline/${script}.ts`], {
    encoding: 'utf8',
    env: { PATH: folder, HOME: folder },
  });
  return { status, stdout, stderr: stderr.replaceAll(folder, 'HERE') };
};

describe('make secrets-scan', () => {
  it('is skipped, and says so, where there is neither gitleaks nor Go', () => {
    expect(run('secrets')).toEqual({
      status: 0,
      stdout: '',
      stderr:
        'SKIPPED, NOT PASSED: secrets in the history. There is neither Go nor gitleaks on this machine.\n',
    });
  });

  it('is skipped, and says so, where gitleaks cannot be built', () => {
    program('go', 'exit 0');
    program('env', 'echo the proxy is away >&2; exit 1');
    const { status, stdout, stderr } = run('secrets');
    expect({ status, stdout, stderr: stderr.replaceAll(/unfinished-\w+/g, 'unfinished') }).toEqual({
      status: 0,
      stdout: '',
      stderr: [
        'Downloading gitleaks-8.30.1 to HERE/.cache/order-processing-backend',
        'SKIPPED, NOT PASSED: secrets in the history. env GOBIN=HERE/.cache/order-processing-backend/gitleaks-8.30.1.unfinished ' +
          'go install github.com/zricethezav/gitleaks/v8@v8.30.1 failed with 1.',
        ...['the proxy is away', '', ''],
      ].join('\n'),
    });
  });

  it.each([
    [0, 'false', 0, ''],
    [1, 'false', 1, ''],
    [
      0,
      'true',
      0,
      'SKIPPED, NOT PASSED: secrets in older commits. This clone does not have them: git fetch --unshallow.\n',
    ],
  ])('ends as gitleaks does: with %d, in a clone that is shallow: %s', (ended, shallow, status, stderr) => {
    program('git', `echo ${shallow}`);
    program('gitleaks', `[ "$1" = --version ] || { echo "$*"; exit ${ended}; }`);
    expect(run('secrets')).toEqual({
      status,
      stdout: 'git --no-banner --redact --verbose .\n',
      stderr,
    });
  });
});

describe('make lint-pipeline', () => {
  it('is skipped, and says so, where there is neither Java nor Go', () => {
    expect(run('lint')).toEqual({
      status: 0,
      stdout: 'npm-groovy-lint: skipped; actionlint: skipped\n',
      stderr:
        'SKIPPED, NOT PASSED: npm-groovy-lint. There is no Java of 17 or newer on this machine.\n' +
        'SKIPPED, NOT PASSED: actionlint. There is neither Go nor actionlint on this machine.\n',
    });
  });

  it('fails when one of its linters does', () => {
    program('java', 'echo \'openjdk version "11.0.2"\' >&2');
    program('actionlint', '[ "$1" = --version ]');
    expect(run('lint')).toEqual({
      status: 1,
      stdout: 'npm-groovy-lint: skipped; actionlint: failed\n',
      stderr: 'SKIPPED, NOT PASSED: npm-groovy-lint. There is no Java of 17 or newer on this machine.\n',
    });
  });
});
