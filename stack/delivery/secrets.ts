import { spawnSync } from 'node:child_process';
import { byTool, passed, runChecks, skipped } from '../checks.ts';
import { interruption } from '../interruption.ts';
import { repository } from '../settings.ts';
import { gitleaks } from './tools.ts';

/** `make secrets-scan`: gitleaks on every commit, by its own rules and .gitleaks.toml. */

const isShallow = (): boolean =>
  spawnSync('git', ['rev-parse', '--is-shallow-repository'], { encoding: 'utf8' }).stdout.trim() === 'true';

try {
  process.chdir(repository);
  process.exitCode = await runChecks('secrets-scan', [
    {
      name: 'gitleaks: the history',
      // What was found is not shown: a log is read by more people than the repository.
      run: async () => byTool(await gitleaks(), ['git', '--no-banner', '--redact', '--verbose', '.']),
    },
    {
      name: 'all of the history is here',
      run: () =>
        isShallow()
          ? skipped('This clone lacks older commits, which were not scanned: git fetch --unshallow.')
          : passed,
    },
  ]);
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = interruption.aborted ? 130 : 1;
}
