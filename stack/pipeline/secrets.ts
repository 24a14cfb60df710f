import { spawnSync } from 'node:child_process';
import { check, goProgram, type Outcome, run, skipped } from './optional.ts';
import { interruption } from '../interruption.ts';
import { repository } from '../settings.ts';

/** `make secrets-scan`: gitleaks on every commit, by its own rules and .gitleaks.toml. */

const version = '8.30.1';

const isShallow = (): boolean =>
  spawnSync('git', ['rev-parse', '--is-shallow-repository'], { encoding: 'utf8' }).stdout.trim() === 'true';

const scan = async (): Promise<Outcome> => {
  const gitleaks = await goProgram('gitleaks', version, 'github.com/zricethezav/gitleaks/v8');
  if (isShallow())
    skipped('secrets in older commits', 'This clone does not have them: git fetch --unshallow.');
  // What was found is not shown: a log is read by more people than the repository.
  return run(gitleaks, ['git', '--no-banner', '--redact', '--verbose', '.']);
};

try {
  process.chdir(repository);
  process.exitCode = (await check('secrets in the history', scan)) === 'failed' ? 1 : 0;
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
