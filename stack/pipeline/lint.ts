import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, goProgram, installed, Missing, type Outcome, run } from './optional.ts';
import { execute } from '../downloads.ts';
import { interruption } from '../interruption.ts';
import { repository } from '../settings.ts';

/** `make lint-pipeline`: npm-groovy-lint on the Jenkinsfile, actionlint on the workflows. */

const actionlint = '1.7.12';
const groovy = join('deploy', 'pipeline', 'groovy-lint');

/** Its packages are none of this project's: it brings CodeNarc, 38 MB. */
const groovyLint = async (): Promise<string> => {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const major = status === 0 ? Number(/version "(\d+)/.exec(stderr)?.[1]) : 0;
  if (!(major >= 17)) throw new Missing('There is no Java of 17 or newer on this machine.');
  const hash = createHash('sha256')
    .update(readFileSync(join(groovy, 'package-lock.json')))
    .digest('hex');
  const folder = await installed(`groovy-lint-${hash.slice(0, 12)}`, (target) => {
    cpSync(groovy, target, { recursive: true });
    return execute('npm', ['ci', '--prefix', target, '--ignore-scripts', '--loglevel=error']);
  });
  return join(folder, 'node_modules', 'npm-groovy-lint', 'lib', 'index.js');
};

const checks: Readonly<Record<string, () => Promise<Outcome>>> = {
  'npm-groovy-lint': async () =>
    run(process.execPath, [await groovyLint(), '--noserver', '--failon', 'info', 'Jenkinsfile']),
  actionlint: async () =>
    run(
      await goProgram('actionlint', actionlint, 'github.com/rhysd/actionlint/cmd/actionlint'),
      globSync('.github/workflows/*.yml'),
    ),
};

try {
  process.chdir(repository);
  const outcomes: string[] = [];
  for (const [name, judge] of Object.entries(checks)) outcomes.push(`${name}: ${await check(name, judge)}`);
  console.log(outcomes.join('; '));
  process.exitCode = outcomes.some((outcome) => outcome.endsWith('failed')) ? 1 : 0;
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
