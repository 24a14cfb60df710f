import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byTool, type Check, type Missing, runChecks, skipped } from '../checks.ts';
import { interruption } from '../interruption.ts';
import { repository } from '../settings.ts';
import { location, schemas } from './schemas.ts';
import { repositoryFiles, shellScripts } from './scripts.ts';
import {
  actionlint,
  checkov,
  compose,
  groovyLint,
  hadolint,
  kubeconform,
  kubectl,
  shellcheck,
  terraformFormat,
} from './tools.ts';

/** `make lint-delivery`: what is delivered, by the tools of those who will run it. An exception is written beside what it excepts. */

const kustomized = [
  ...['overlays', 'cluster'].flatMap((folder) =>
    readdirSync(join(repository, 'deploy/k8s', folder)).map((name) => `deploy/k8s/${folder}/${name}`),
  ),
  'deploy/k8s/monitoring',
];

/** The file with what kustomize makes of each folder. */
const rendered = (target: string): readonly string[] | Missing => {
  const tool = kubectl();
  if ('missing' in tool) return tool;
  return kustomized.map((folder) => {
    const file = join(target, `${folder.replaceAll('/', '-')}.yaml`);
    writeFileSync(
      file,
      execFileSync(tool.command[0], ['kustomize', folder], { maxBuffer: 64 * 1_024 * 1_024 }),
    );
    return file;
  });
};

const policies = ['--quiet', '--compact', '--skip-download'];
/** A file that it cannot read is no failure to it. */
const judged = /Passed checks: [1-9]\d*, Failed checks: 0, Skipped checks: \d+$/m;

const checksOf = (manifests: readonly string[] | Missing): readonly Check[] => {
  const ofManifests = (name: string, run: (files: readonly string[]) => ReturnType<Check['run']>): Check => ({
    name,
    run: () => ('missing' in manifests ? skipped(manifests.missing) : run(manifests)),
  });
  const scripts = shellScripts(repositoryFiles());
  return [
    ofManifests('checkov: what kustomize makes of deploy/k8s', async (files) =>
      byTool(
        await checkov(),
        [...policies, '--framework', 'kubernetes', ...files.flatMap((file) => ['--file', file])],
        judged,
      ),
    ),
    {
      name: 'checkov: infra/terraform',
      run: async () =>
        byTool(
          await checkov(),
          [...policies, '--framework', 'terraform', '--directory', 'infra/terraform'],
          judged,
        ),
    },
    {
      name: 'checkov: Dockerfile and workflows',
      run: async () =>
        byTool(
          await checkov(),
          [...policies, '--framework', 'dockerfile', 'github_actions', '--directory', '.'],
          judged,
        ),
    },
    ofManifests('kubeconform: what kustomize makes of deploy/k8s', async (files) => {
      const folder = await schemas();
      if (typeof folder !== 'string') return skipped(folder.missing);
      return byTool(
        await kubeconform(),
        ['-strict', '-summary', '-schema-location', join(folder, location), ...files],
        /Valid: [1-9]\d*, Invalid: 0, Errors: 0, Skipped: 0/,
      );
    }),
    { name: 'hadolint: Dockerfile', run: async () => byTool(await hadolint(), ['Dockerfile']) },
    {
      name: `shellcheck: ${scripts.join(', ')}`,
      run: async () => byTool(await shellcheck(), scripts),
    },
    {
      name: 'npm-groovy-lint: Jenkinsfile',
      run: async () => byTool(await groovyLint(), ['--noserver', '--failon', 'info', 'Jenkinsfile']),
    },
    {
      name: 'actionlint: .github/workflows',
      run: async () => byTool(await actionlint(), globSync('.github/workflows/*.yml')),
    },
    terraformFormat,
    {
      name: 'docker compose config: docker-compose.yml',
      run: () => byTool(compose(), ['--profile', '*', 'config', '--quiet']),
    },
  ];
};

const target = mkdtempSync(join(tmpdir(), 'rendered-'));
try {
  process.chdir(repository);
  process.exitCode = await runChecks('lint-delivery', checksOf(rendered(target)));
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
} finally {
  rmSync(target, { recursive: true, force: true });
}
