import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { repository } from '../settings.ts';
import { ofDefinitions, ofKubernetes } from './schemas.ts';
import { repositoryFiles, shellScripts } from './scripts.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'delivery-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const script = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
};

describe('make lint-delivery', () => {
  /** On a machine that has Git, and what is put into the folder `bin`. */
  const run = () => {
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    symlinkSync(git, join(folder, 'bin', 'git'));
    const { status, stdout, stderr } = spawnSync(process.execPath, ['stack/delivery/main.ts'], {
      cwd: repository,
      encoding: 'utf8',
      env: { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache'), HOME: folder },
    });
    return { status, stdout: stdout.trim().split('\n'), stderr: stderr.trim().split('\n').toSorted() };
  };

  const python = 'It needs Python 3.11 or newer with pip (Debian: apt-get install python3-pip).';
  const kubectl = 'There is no kubectl: install kubectl, or name one in KUBECTL.';
  const skippedOn = (bare: boolean) =>
    [
      'SKIPPED, NOT PASSED: actionlint: .github/workflows: There is neither actionlint nor Go (1.25 or newer).',
      `SKIPPED, NOT PASSED: checkov: Dockerfile and workflows: ${python}`,
      `SKIPPED, NOT PASSED: checkov: infra/terraform: ${python}`,
      `SKIPPED, NOT PASSED: checkov: what kustomize makes of deploy/k8s: ${kubectl}`,
      'SKIPPED, NOT PASSED: docker compose config: docker-compose.yml: There is no Docker Compose (the plugin of docker). dclint and test/compose have read the file.',
      ...(bare ? [`SKIPPED, NOT PASSED: hadolint: Dockerfile: ${python}`] : []),
      `SKIPPED, NOT PASSED: kubeconform: what kustomize makes of deploy/k8s: ${kubectl}`,
      'SKIPPED, NOT PASSED: npm-groovy-lint: Jenkinsfile: There is no Java of 17 or newer on this machine.',
      expect.stringMatching(/^SKIPPED, NOT PASSED: shellcheck: .*\.ci\/run.*: It needs Python/),
      'SKIPPED, NOT PASSED: terraform fmt: infra/terraform: There is no terraform on this machine (1.11 or newer).',
    ] as const;

  beforeEach(() => {
    mkdirSync(join(folder, 'bin'));
  });

  it('does not fail on a machine that has none of the tools, and has passed nothing', () => {
    expect(run()).toEqual({
      status: 0,
      stdout: ['lint-delivery: 0 checks passed, 0 failed, 10 skipped'],
      stderr: skippedOn(true),
    });
  });

  it('fails with what a tool finds', () => {
    const found = 'Dockerfile:3 DL3006 Always tag the version';
    script('bin/hadolint', `#!/bin/sh\n[ "$1" = --version ] || { echo "${found}"; exit 1; }\n`);
    expect(run()).toEqual({
      status: 1,
      stdout: ['lint-delivery: 0 checks passed, 1 failed, 9 skipped'],
      stderr: [found, 'FAILED: hadolint: Dockerfile', ...skippedOn(false)],
    });
  });
});

describe('make secrets-scan', () => {
  const run = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['stack/delivery/secrets.ts'], {
      cwd: repository,
      encoding: 'utf8',
      env: { PATH: folder, HOME: folder },
    });
    return { status, said: `${stdout}${stderr}`.trim().split('\n').toSorted() };
  };
  const history = 'gitleaks: the history';

  it('is skipped, and says so, where there is neither gitleaks nor Go', () => {
    script('git', '#!/bin/sh\necho false\n');
    expect(run()).toEqual({
      status: 0,
      said: [
        `SKIPPED, NOT PASSED: ${history}: There is neither gitleaks nor Go (1.25 or newer).`,
        'passed: all of the history is here',
        'secrets-scan: 1 checks passed, 0 failed, 1 skipped',
      ],
    });
  });

  it('fails with what gitleaks finds', () => {
    script('git', '#!/bin/sh\necho false\n');
    script('gitleaks', '#!/bin/sh\n[ "$1" = --version ] || { echo "leaks found: 1"; exit 1; }\n');
    expect(run()).toEqual({
      status: 1,
      said: [
        `FAILED: ${history}`,
        'leaks found: 1',
        'passed: all of the history is here',
        'secrets-scan: 1 checks passed, 1 failed, 0 skipped',
      ],
    });
  });

  it('says that a shallow clone is not the whole history', () => {
    script('git', '#!/bin/sh\necho true\n');
    script('gitleaks', '#!/bin/sh\nexit 0\n');
    expect(run()).toEqual({
      status: 0,
      said: [
        'SKIPPED, NOT PASSED: all of the history is here: This clone lacks older commits, which were not scanned: git fetch --unshallow.',
        `passed: ${history}`,
        'secrets-scan: 1 checks passed, 0 failed, 1 skipped',
      ],
    });
  });
});

describe('Shell scripts', () => {
  it('are known by their names or their first lines', () => {
    const scripts = [
      script('deploy.sh', ''),
      script('run', '#!/usr/bin/env bash\n'),
      script('start', '#!/bin/sh -e\n'),
    ];
    const others = [
      script('tool', '#!/usr/bin/env node\n// sh\n'),
      script('notes.md', 'bash\n#!/bin/sh\n'),
      script('empty', ''),
    ];
    expect(shellScripts([...others, ...scripts])).toEqual(scripts);
  });

  it('are none of the links to folders or to nothing, and no files that are gone', () => {
    const toFolder = join(folder, 'folder');
    const toNothing = join(folder, 'nothing');
    symlinkSync(folder, toFolder);
    symlinkSync('nowhere', toNothing);
    expect(shellScripts([folder, toFolder, toNothing, join(folder, 'gone.sh')])).toEqual([]);
  });

  it('of the repository are found', () => {
    expect(shellScripts(repositoryFiles())).toEqual(
      expect.arrayContaining(['.ci/run', 'deploy/k8s/roll-out.sh', 'stack/stack']),
    );
  });
});

describe('Schemas for kubeconform', () => {
  const kinds = (group: string, kind: string) => ({
    'x-kubernetes-group-version-kind': [{ group, version: 'v1', kind }],
  });

  it('are those of Kubernetes, each with what it refers to, and refuse what is not in them', () => {
    const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
    const text = JSON.stringify({
      definitions: {
        Lamp: {
          type: 'object',
          description: 'Prose.',
          properties: { bulbs: { type: 'array', items: { $ref: '#/definitions/Bulb' } } },
          ...kinds('light.example', 'Lamp'),
        },
        Bulb: {
          type: 'object',
          properties: {
            description: { type: 'string' },
            power: { $ref: `#/definitions/${quantity}` },
            socket: { type: 'string', format: 'int-or-string' },
            labels: { type: 'object', additionalProperties: { type: 'string' } },
          },
        },
        [quantity]: { type: 'string' },
        Unrelated: { type: 'object', ...kinds('', 'Unrelated') },
      },
    });
    const found = ofKubernetes(text);
    expect([...found.keys()]).toEqual(['light.example/lamp_v1.json', 'v1/unrelated_v1.json']);
    expect(found.get('light.example/lamp_v1.json')).toEqual({
      $ref: '#/definitions/Lamp',
      definitions: {
        Lamp: {
          type: 'object',
          properties: { bulbs: { type: 'array', items: { $ref: '#/definitions/Bulb' } } },
          additionalProperties: false,
          ...kinds('light.example', 'Lamp'),
        },
        Bulb: {
          type: 'object',
          properties: {
            description: { type: 'string' },
            power: { $ref: `#/definitions/${quantity}` },
            socket: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
            labels: { type: 'object', additionalProperties: { type: 'string' } },
          },
          additionalProperties: false,
        },
        [quantity]: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      },
    });
  });

  it('are those of CustomResourceDefinitions, open where these say so', () => {
    const text = `
kind: Other
---
kind: CustomResourceDefinition
spec:
  group: light.example
  names: { kind: Switch }
  versions:
    - name: v1alpha1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              nullable: true
              properties: { on: { type: boolean } }
              oneOf: [{ properties: { on: {} }, required: [on] }]
            status: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { at: { type: string } } }
`;
    expect(Object.fromEntries(ofDefinitions(text))).toEqual({
      'light.example/switch_v1alpha1.json': {
        type: 'object',
        properties: {
          spec: {
            type: ['object', 'null'],
            properties: { on: { type: 'boolean' } },
            oneOf: [{ properties: { on: {} }, required: ['on'] }],
            additionalProperties: false,
          },
          status: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            properties: { at: { type: 'string' } },
          },
        },
        additionalProperties: false,
      },
    });
  });
});
