import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  byTool,
  failed,
  type Missing,
  type Outcome,
  passed,
  runChecks,
  skipped,
  unlessForged,
} from '../checks.ts';
import { fromGo, terraformFormat } from '../delivery/tools.ts';
import { interruption } from '../interruption.ts';
import { repository } from '../settings.ts';
import { installedModules, readRecorded, record, type Recorded } from './interfaces.ts';
import { foldersIn } from './folders.ts';
import { judge } from './judge.ts';
import { awsSchema, bindings, type ProviderSchema } from './provider-schema.ts';

/** `make infra-check`: what can be said of infra/terraform without a cloud. `make infra-record`: the interfaces of its modules. */

const terraform = join('infra', 'terraform');
const recordedFile = join(terraform, 'module-interfaces.json');

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const checkModules = async (): Promise<Outcome> => {
  const schema = await providerSchema();
  if ('missing' in schema) return skipped(schema.missing);
  const recorded = readRecorded(recordedFile);
  const problems: string[] = [];
  const sum = { resources: 0, calls: 0, references: 0 };
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
  const judged =
    `Schema of AWS provider ${bindings.provider}: ${sum.resources} resources and data sources, ${sum.calls} calls of modules, ` +
    `${sum.references} references: ${problems.length} problems.`;
  if (problems.length > 0) return failed([...problems, judged].join('\n'));
  print(judged);
  return passed;
};

const providerSchema = async (): Promise<ProviderSchema | Missing> => {
  try {
    return await awsSchema();
  } catch (failure) {
    return unlessForged(failure, 'The schema is in a package of npm.');
  }
};

const checkRules = async (): Promise<Outcome> => {
  const tflint = await fromGo('tflint', 'github.com/terraform-linters/tflint', '0.64.0');
  const config = join(repository, terraform, '.tflint.hcl');
  for (const folder of foldersIn(terraform)) {
    const outcome = await byTool(tflint, [`--chdir=${folder}`, `--config=${config}`]);
    if (outcome.is !== 'passed') return outcome;
  }
  return passed;
};

const check = (): Promise<number> =>
  runChecks('infra-check', [
    { name: 'schema, inputs and references', run: checkModules },
    terraformFormat,
    { name: 'tflint', run: checkRules },
  ]);

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
