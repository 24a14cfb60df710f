import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { all, commandsIn, readJenkinsfile, section, stagesIn, textOf } from './jenkinsfile.js';

const [pipeline] = readJenkinsfile();
if (pipeline?.head !== 'pipeline') throw new Error('The Jenkinsfile is not a declarative pipeline.');
const stages = stagesIn([pipeline]);

const stage = (name: string) => {
  const found = stages.find((each) => each.name === name);
  if (!found) throw new Error(`There is no stage ${name}.`);
  return found.block;
};
/** What stands in the section of the stage, by the heads of the blocks that lead to it. */
const heads = (name: string, ...path: readonly string[]): readonly string[] =>
  path
    .reduce(
      (blocks, wanted) => blocks.filter(({ head }) => head === wanted).flatMap(({ body }) => body),
      stage(name).body,
    )
    .map(({ head }) => head);

const released = (environment: string) => [
  `make image-verify ENVIRONMENT=${environment} DIGEST="$DIGEST"`,
  `make roll-out ENVIRONMENT=${environment} DIGEST="$DIGEST"`,
  `make smoke-test ENVIRONMENT=${environment}`,
  `make release-keep ENVIRONMENT=${environment}`,
];

describe('Jenkinsfile', () => {
  it('has all stages, in order, each with the targets of make that it stands for', () => {
    const found = stages.map(({ name, block }) => [
      name,
      commandsIn(block.body.filter(({ head }) => head === 'steps')),
    ]);
    expect(found).toEqual([
      ['Checkout', ['make settings ENVIRONMENT=staging', 'make settings ENVIRONMENT=prod']],
      ['Infrastructure', []],
      ['Validate', ['make infra-check', 'make infra-validate']],
      ['Plan', ['make infra-plan ENVIRONMENT=staging', 'make infra-plan ENVIRONMENT=prod']],
      ['Checks', []],
      ['Lint and unit', ['make check', 'make unit']],
      ['Contract', ['make contract']],
      ['End to end', ['make e2e']],
      [
        'Schema compatibility',
        [
          'make schemas',
          'make schemas-registry ENVIRONMENT=staging',
          'make schemas-registry ENVIRONMENT=prod',
        ],
      ],
      ['Secrets and dependencies', ['make secrets-scan', 'make audit']],
      ['Stack tests', ['make test-stack']],
      ['Rehearsal', ['make rehearse']],
      ['Image', []],
      ['Build', ['make image']],
      ['SBOM', ['make image-sbom']],
      ['Scan', ['make image-scan']],
      ['Push and sign', ['make image-push ENVIRONMENT=staging', 'make image-sign ENVIRONMENT=staging']],
      ['Staging', released('staging')],
      ['Approval', []],
      ['Production', released('prod')],
    ]);
  });

  const commands = [...new Set(commandsIn([pipeline]))];

  it.each(commands)('%s is known to make', (command) => {
    const [program, ...args] = command.split(' ');
    const known = ['--dry-run', '--assume-old=dist/.built', '--assume-old=node_modules/.installed'];
    const { status, stderr } = spawnSync(String(program), [...known, ...args], {
      encoding: 'utf8',
      env: { ...process.env, MAKEFLAGS: '' },
    });
    expect({ program, status, stderr }).toEqual({ program: 'make', status: 0, stderr: '' });
  });

  it('runs the checks beside each other', () => {
    const [parallel] = stage('Checks').body;
    expect(parallel?.head).toBe('parallel');
    expect(stagesIn(parallel?.body ?? []).map(({ name }) => name)).toEqual([
      'Lint and unit',
      'Contract',
      'End to end',
      'Schema compatibility',
      'Secrets and dependencies',
      'Stack tests',
      'Rehearsal',
    ]);
  });

  it('keeps what the tests have found', () => {
    const results = ['Lint and unit', 'Contract', 'End to end', 'Stack tests'].map((name) => [
      name,
      heads(name, 'post', 'always'),
    ]);
    expect(results).toEqual([
      ['Lint and unit', ["junit 'reports/unit.xml'"]],
      ['Contract', ["junit 'reports/contract.xml'"]],
      ['End to end', ["junit 'reports/e2e.xml'"]],
      ['Stack tests', ["junit 'reports/test-stack.xml'"]],
    ]);
  });

  it.each(['Staging', 'Production'])('goes back when %s fails, in whatever way', (name) => {
    const environment = name === 'Staging' ? 'staging' : 'prod';
    const [post] = stage(name).body.filter(({ head }) => head === 'post');
    const unsuccessful = post?.body.filter(({ head }) => head === 'unsuccessful') ?? [];
    expect(commandsIn(unsuccessful)).toEqual([
      `make rollback ENVIRONMENT=${environment}`,
      `make smoke-test ENVIRONMENT=${environment}`,
    ]);
    // A time limit of the stage would end the rollback too.
    expect(stage(name).body.map(({ head }) => head)).toEqual(['when', 'agent', 'steps', 'post']);
    expect(unsuccessful.flatMap(all).filter(({ head }) => head.startsWith('timeout'))).toEqual([]);
  });

  it('names the image by one digest from its push on', () => {
    const assigned = stages
      .filter(({ block }) => !all(block).some(({ head }) => head === 'stages'))
      .flatMap(({ name, block }) =>
        all(block)
          .filter(({ head }) => /\bDIGEST\s*=[^"]/.test(head))
          .map(({ head }) => [name, head]),
      );
    expect(assigned).toEqual([['Push and sign', "env.DIGEST = readFile('reports/image/digest').trim()"]]);
  });

  it('asks somebody who may say so before production, and keeps no agent meanwhile', () => {
    const approval = stage('Approval');
    expect(approval.body.map(({ head }) => head)).toEqual(['when', 'steps']);
    expect(heads('Approval', 'steps')).toEqual([
      "timeout(time: params.APPROVAL_HOURS.toInteger(), unit: 'HOURS')",
    ]);
    expect(all(approval).filter(({ head }) => head.startsWith('input'))).toEqual([
      {
        head:
          'input message: "${env.VERSION} runs in staging. Let it into production?", ok: \'Release\', ' +
          "submitter: env.APPROVERS, submitterParameter: 'APPROVED_BY'",
        body: [],
      },
    ]);
    expect(section(pipeline, 'environment').map(({ head }) => head)).toContain(
      "APPROVERS = 'release-managers'",
    );
  });

  it('lets nothing but main go anywhere, and into production only what was meant for it', () => {
    const main = "branch 'main'";
    const released = ['beforeAgent true', main, "not { equals expected: 'nothing', actual: params.RELEASE }"];
    const production = [main, "equals expected: 'production', actual: params.RELEASE"];
    const conditions = stages.map(({ name, block }) => [
      name,
      block.body.filter(({ head }) => head === 'when').flatMap(({ body }) => body.map(textOf)),
    ]);
    expect(Object.fromEntries(conditions.filter(([, when]) => when?.length !== 0))).toEqual({
      Plan: [main],
      Image: released,
      Staging: released,
      Approval: production,
      Production: ['beforeAgent true', ...production],
    });
  });

  it('hands the image from stage to stage, and asks for what there is: parameters, agents', () => {
    const everywhere = stages.filter(({ block }) => !all(block).some(({ head }) => head === 'stages'));
    const moved = everywhere.flatMap(({ name, block }) =>
      all(block)
        .filter(({ head }) => /^(un)?stash /.test(head))
        .map(({ head }) => [name, head]),
    );
    expect(moved).toEqual([
      ['Push and sign', "stash name: 'image', includes: 'reports/image/**'"],
      ['Staging', "unstash 'image'"],
      ['Production', "unstash 'image'"],
    ]);
    const text = readFileSync('Jenkinsfile', 'utf8');
    const named = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))];
    expect(named(/params\.(\w+)/g).sort()).toEqual(named(/name: '(\w+)', choices/g).sort());
    expect(named(/agent \{ label '(\w+)' \}/g)).toEqual(['linux', 'docker']);
  });

  it('keeps no key: every credential is a token that is issued for the run', () => {
    const credentials = all(pipeline).flatMap(({ head }) => (head.includes('redentials') ? [head] : []));
    expect([...new Set(credentials)]).toEqual([
      "withCredentials([file(variable: 'AWS_WEB_IDENTITY_TOKEN_FILE', credentialsId: 'identity')])",
      "withCredentials([file(variable: 'IDENTITY_TOKEN_FILE', credentialsId: 'api-identity')])",
    ]);
  });

  it('is bounded: in time, in runs at once, in what is kept, in what it may be asked for', () => {
    expect(section(pipeline, 'options').map(({ head }) => head)).toEqual([
      'timestamps()',
      "timeout(time: 5, unit: 'DAYS')",
      'disableConcurrentBuilds()',
      "buildDiscarder(logRotator(numToKeepStr: '100', artifactNumToKeepStr: '20'))",
      'skipStagesAfterUnstable()',
    ]);
    expect(section(pipeline, 'parameters').every(({ head }) => head.startsWith('choice('))).toBe(true);
    const unbounded = stages.filter(
      ({ block }) =>
        block.body.some(({ head }) => head === 'agent') &&
        !all(block).some(({ head }) => head.startsWith('timeout(')),
    );
    expect(unbounded.map(({ name }) => name)).toEqual([]);
  });
});
