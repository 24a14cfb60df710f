import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { commandsIn, readJenkinsfile } from './jenkinsfile.js';

const step = z.looseObject({
  id: z.string().optional(),
  if: z.string().optional(),
  run: z.string().optional(),
  uses: z.string().optional(),
});
const permissions = z.record(z.string(), z.string());
const texts = z.union([z.string(), z.array(z.string())]).default([]);
const job = z.looseObject({
  needs: texts,
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
  environment: z.string().optional(),
  permissions: permissions.default({}),
  'timeout-minutes': z.number().optional(),
  strategy: z
    .looseObject({
      matrix: z.looseObject({ include: z.array(z.record(z.string(), z.string())).default([]) }),
    })
    .optional(),
  steps: z.array(step).default([]),
});
const workflow = z.looseObject({ permissions, jobs: z.record(z.string(), job) });

const read = (name: string) => workflow.parse(parse(readFileSync(`.github/workflows/${name}.yml`, 'utf8')));
const pipeline = read('pipeline');
const release = read('release');
const releaseJob = job.parse(release.jobs['release']);
const allJobs = [...Object.entries(pipeline.jobs), ...Object.entries(release.jobs)];

/** The commands of a job, with what its matrix puts into them. */
const runs = ({ steps, strategy }: z.infer<typeof job>): readonly string[] =>
  steps.flatMap(({ run }) => {
    if (run === undefined) return [];
    const variants = strategy?.matrix.include ?? [];
    return run.includes('matrix.targets')
      ? variants.map(({ targets }) => run.replace('${{ matrix.targets }}', String(targets)))
      : [run];
  });

const targets = (commands: readonly string[]): readonly string[] =>
  [
    ...new Set(
      commands.flatMap((command) => {
        const [make, ...args] = command.split(' ');
        return make === 'make' ? args.filter((arg) => /^[a-z][a-z0-9-]*$/.test(arg)) : [];
      }),
    ),
  ].sort();

describe('.github/workflows', () => {
  it('are these', () => {
    expect(globSync('.github/workflows/*').sort()).toEqual([
      '.github/workflows/pipeline.yml',
      '.github/workflows/release.yml',
    ]);
  });

  it('run what Jenkins runs', () => {
    expect(targets(allJobs.flatMap(([, each]) => runs(each)))).toEqual(
      targets(commandsIn(readJenkinsfile())),
    );
  });

  it('run make, and nothing else but to pass the digest on', () => {
    const others = allJobs.flatMap(([, each]) => runs(each)).filter((run) => !run.startsWith('make '));
    expect(others).toEqual(['echo "digest=$(cat reports/image/digest)" >> "$GITHUB_OUTPUT"']);
  });

  it('use the actions of others at a commit that cannot move', () => {
    const used = allJobs.flatMap(([, { uses, steps }]) =>
      [uses ?? [], steps.flatMap((each) => each.uses ?? [])].flat(),
    );
    expect(used.filter((each) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/.test(each))).toEqual([
      './.github/workflows/release.yml',
      './.github/workflows/release.yml',
    ]);
  });

  it('may read, and say who they are where AWS or the issuer is asked', () => {
    expect([pipeline.permissions, release.permissions]).toEqual([{ contents: 'read' }, { contents: 'read' }]);
    const identified = allJobs.filter(([, each]) => Object.keys(each.permissions).length > 0);
    expect(identified.map(([name, each]) => [name, each.permissions])).toEqual(
      ['plan', 'image', 'staging', 'production', 'release'].map((name) => [
        name,
        { contents: 'read', 'id-token': 'write' },
      ]),
    );
    const text = globSync('.github/workflows/*').map((file) => readFileSync(file, 'utf8'));
    expect(text.join('\n')).not.toMatch(/secrets\.|aws-access-key-id|aws-secret-access-key/);
  });

  it('bring the image that staging ran to production, after it and in no other way', () => {
    const digest = '${{ needs.image.outputs.digest }}';
    const { image, staging, production } = pipeline.jobs;
    expect(image?.if).toBe("github.ref == 'refs/heads/main' && vars.DEPLOY == 'true'");
    expect([image, staging, production].map((each) => [each?.needs, each?.uses, each?.with])).toEqual([
      [['plan', 'checks', 'registry'], undefined, {}],
      ['image', './.github/workflows/release.yml', { environment: 'staging', digest }],
      [['image', 'staging'], './.github/workflows/release.yml', { environment: 'prod', digest }],
    ]);
    // Whose reviewers approve.
    expect(releaseJob.environment).toBe('${{ inputs.environment }}');
  });

  it('go back when the roll-out or what follows it fails', () => {
    const released = releaseJob.steps.flatMap(({ id, if: condition, run }) =>
      run === undefined || id === 'settings' ? [] : [[run, condition ?? 'success']],
    );
    const failed = "(failure() || cancelled()) && steps.roll-out.outcome != 'skipped'";
    expect(released).toEqual([
      ['make image-verify ENVIRONMENT="$ENVIRONMENT" DIGEST="$DIGEST"', 'success'],
      ['make roll-out ENVIRONMENT="$ENVIRONMENT" DIGEST="$DIGEST"', 'success'],
      ['make smoke-test ENVIRONMENT="$ENVIRONMENT"', 'success'],
      ['make release-keep ENVIRONMENT="$ENVIRONMENT"', 'success'],
      ['make rollback ENVIRONMENT="$ENVIRONMENT"', failed],
      ['make smoke-test ENVIRONMENT="$ENVIRONMENT"', failed],
    ]);
  });

  it('end', () => {
    const unbounded = allJobs.filter(
      ([, each]) => each.uses === undefined && each['timeout-minutes'] === undefined,
    );
    expect(unbounded.map(([name]) => name)).toEqual([]);
  });
});
