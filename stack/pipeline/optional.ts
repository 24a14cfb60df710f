import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cached, execute } from '../downloads.ts';

/** What checks by programs of others come to. */
export type Outcome = 'passed' | 'failed' | 'skipped';

export const skipped = (what: string, why: string): 'skipped' => {
  process.stderr.write(`SKIPPED, NOT PASSED: ${what}. ${why}\n`);
  return 'skipped';
};

export const isThere = (file: string, ...args: readonly string[]): boolean =>
  spawnSync(file, args.length === 0 ? ['--version'] : args, { stdio: 'ignore' }).status === 0;

export const run = (file: string, args: readonly string[]): Outcome =>
  spawnSync(file, args, { stdio: 'inherit' }).status === 0 ? 'passed' : 'failed';

/** A program that this machine neither has nor can be given; the message says why. */
export class Missing extends Error {}

/** What `install` puts into the cached folder. @throws Missing */
export const installed = async (
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> => {
  try {
    return await cached(name, install);
  } catch (failure) {
    throw new Missing(failure instanceof Error ? failure.message : String(failure));
  }
};

/** In that version, built with Go into the cache; without Go the one that is installed. @throws Missing */
export const goProgram = async (name: string, version: string, packagePath: string): Promise<string> => {
  if (!isThere('go', 'version')) {
    if (isThere(name)) return name;
    throw new Missing(`There is neither Go nor ${name} on this machine.`);
  }
  const folder = await installed(`${name}-${version}`, (target) =>
    execute('env', [`GOBIN=${target}`, 'go', 'install', `${packagePath}@v${version}`]),
  );
  return join(folder, name);
};

/** Runs a check, which is skipped when its program is missing. */
export const check = async (what: string, judge: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    return await judge();
  } catch (failure) {
    if (failure instanceof Missing) return skipped(what, failure.message);
    throw failure;
  }
};
