import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

describe('deploy/k8s/roll-out.sh', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'roll-out-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** With a kubectl that writes down how it is called, and answers for the Job. */
  const run = (conditions: string, ...args: readonly string[]) => runOn(`echo "${conditions}"`, {}, ...args);

  const runOn = (answer: string, settings: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const [kubectl, calls] = [join(folder, 'kubectl'), join(folder, 'calls')];
    const lines = ['#!/bin/sh', `echo "$*" >> ${calls}`, `case "$*" in *"get job"*) ${answer} ;; esac`];
    writeFileSync(kubectl, lines.join('\n'));
    chmodSync(kubectl, 0o755);
    writeFileSync(calls, '');
    const { status, stderr } = spawnSync('deploy/k8s/roll-out.sh', args, {
      encoding: 'utf8',
      env: { ...process.env, KUBECTL: kubectl, PAUSE_SECONDS: '0', ...settings },
    });
    const called = readFileSync(calls, 'utf8').trim().split('\n');
    return {
      status,
      stderr,
      called: called.map((line) => line.replace('--namespace order-processing ', '')),
    };
  };

  const parts = 'app.kubernetes.io/component notin (api,process,projector,bridge';
  const applied = 'apply --kustomize deploy/k8s/overlays/prod';
  const migration = [
    `${applied} --selector ${parts},migrations)`,
    'delete job migrations --ignore-not-found',
    `${applied} --selector ${parts})`,
    'get job migrations --output jsonpath={.status.conditions[?(@.status=="True")].type}',
  ];
  const programs = '--selector app.kubernetes.io/name=order-processing-backend';
  const ready = `rollout status deployment ${programs} --timeout 30m`;

  it('migrates, and then rolls out', () => {
    expect(run('SuccessCriteriaMet Complete', 'prod')).toEqual({
      status: 0,
      stderr: '',
      called: [...migration, 'logs job/migrations', applied, ready],
    });
  });

  it('rolls nothing out when the migrations fail', () => {
    expect(run('FailureTarget Failed', 'prod')).toEqual({
      status: 1,
      stderr: 'The migrations failed; no process was changed. They said:\n',
      called: [...migration, 'logs job/migrations --all-pods --prefix'],
    });
  });

  it.each([
    ['does not answer', 'exit 1', {}, 10],
    ['never ends them', 'echo', { MIGRATIONS_SECONDS: '0' }, 0],
  ])('does not wait for ever for a cluster that %s', (_, answer, settings, asked) => {
    const { status, stderr, called } = runOn(answer, settings, 'prod');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        'Nobody knows what became of the migrations: the cluster does not answer, or has not ended them in time. No process was changed. They said:\n',
    });
    expect(called.filter((line) => line.startsWith('get job'))).toHaveLength(asked);
    expect(called.at(-1)).toBe('logs job/migrations --all-pods --prefix');
  });

  it('goes back to the version before', () => {
    expect(run('', 'prod', 'undo')).toEqual({
      status: 0,
      stderr: '',
      called: [`rollout undo deployment ${programs}`, ready],
    });
  });

  it.each([
    [['nowhere'], 'There is no overlay nowhere in deploy/k8s/overlays.\n'],
    [['prod', 'redo'], 'redo is neither apply nor undo.\n'],
  ])('says what is wrong with %j', (args, stderr) => {
    expect(run('', ...args)).toEqual({ status: 2, stderr, called: [''] });
  });
});
