import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { cached, execute } from '../downloads.ts';
import { interruption } from '../interruption.ts';
import { repository } from '../settings.ts';
import { installedModules, readRecorded, record, type Recorded } from './interfaces.ts';
import { foldersIn } from './folders.ts';
import { judge } from './judge.ts';
import { awsSchema, bindings } from './provider-schema.ts';

/** `make infra-check`: what can be said of infra/terraform without a cloud. `make infra-record`: the interfaces of its modules. */

const terraform = join('infra', 'terraform');
const recordedFile = join(terraform, 'module-interfaces.json');
const tflint = '0.64.0';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const skipped = (what: string, why: string): 'skipped' => {
  print(`SKIPPED, NOT PASSED: ${what}. ${why}`);
  return 'skipped';
};

type Outcome = 'passed' | 'failed' | 'skipped';

const checkModules = async (): Promise<Outcome> => {
  const recorded = readRecorded(recordedFile);
  const problems: string[] = [];
  const sum = { resources: 0, calls: 0, references: 0 };
  const schema = await awsSchema();
  for (const folder of foldersIn(terraform)) {
    const verdict = await judge(folder, folder, { schema, recorded });
    problems.push(...verdict.problems);
    sum.resources += verdict.checked.resources;
    sum.calls += verdict.checked.calls;
    sum.references += verdict.checked.references;
    for (const [name, at] of installedModules(folder)) {
      if (recorded[name] !== undefined && !isDeepStrictEqual(recorded[name], await record(at))) {
        problems.push(`${folder}: what is recorded of ${name} is not what was installed: make infra-record.`);
      }
    }
  }
  problems.forEach(print);
  print(
    `Schema of AWS provider ${bindings.provider}: ${sum.resources} resources and data sources, ${sum.calls} calls of modules, ` +
      `${sum.references} references: ${problems.length} problems.`,
  );
  return problems.length === 0 ? 'passed' : 'failed';
};

const isThere = (file: string): boolean => spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;

const run = (file: string, args: readonly string[]): Outcome =>
  spawnSync(file, args, { stdio: 'inherit' }).status === 0 ? 'passed' : 'failed';

const checkFormat = (): Outcome =>
  isThere('terraform')
    ? run('terraform', ['fmt', '-check', '-diff', '-recursive', terraform])
    : skipped('terraform fmt', 'There is no terraform on this machine.');

const findTflint = async (): Promise<string | undefined> => {
  if (isThere('tflint')) return 'tflint';
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  const folder = await cached(`tflint-${tflint}`, (target) =>
    execute('env', [
      `GOBIN=${target}`,
      ...['go', 'install', `github.com/terraform-linters/tflint@v${tflint}`],
    ]),
  );
  return join(folder, 'tflint');
};

const checkRules = async (): Promise<Outcome> => {
  const found = await findTflint();
  if (found === undefined)
    return skipped('tflint', 'There is neither tflint nor Go (1.25 or newer) on this machine.');
  const config = join(repository, terraform, '.tflint.hcl');
  const outcomes = foldersIn(terraform).map((folder) =>
    run(found, [`--chdir=${folder}`, `--config=${config}`]),
  );
  return outcomes.includes('failed') ? 'failed' : 'passed';
};

const check = async (): Promise<number> => {
  const checks: readonly (readonly [string, () => Outcome | Promise<Outcome>])[] = [
    ['schema, inputs and references', checkModules],
    ['terraform fmt', checkFormat],
    ['tflint', checkRules],
  ];
  const outcomes: (readonly [string, Outcome])[] = [];
  for (const [name, each] of checks) outcomes.push([name, await each()]);
  print(outcomes.map(([name, outcome]) => `${name}: ${outcome}`).join('; '));
  return outcomes.some(([, outcome]) => outcome === 'failed') ? 1 : 0;
};

const recordAll = async (): Promise<number> => {
  const found: Recorded = {};
  for (const folder of foldersIn(terraform)) {
    for (const [name, at] of installedModules(folder)) if (existsSync(at)) found[name] = await record(at);
  }
  const names = Object.keys(found).sort();
  if (names.length === 0) {
    print('No modules are installed. First, in infra/terraform/envs/dev: terraform init -backend=false');
    return 1;
  }
  const sorted = Object.fromEntries(names.map((name) => [name, found[name]]));
  writeFileSync(recordedFile, `${JSON.stringify(sorted, null, 2)}\n`);
  print(`${names.length} modules are recorded in ${recordedFile}.`);
  return 0;
};

try {
  process.chdir(repository);
  process.exitCode = process.argv[2] === 'record' ? await recordAll() : await check();
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
