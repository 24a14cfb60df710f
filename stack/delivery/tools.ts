import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, byTool, type Check, type Missing, type Tool, unlessForged } from '../checks.ts';
import { cached, execute, wheels } from '../downloads.ts';

/** Where the tools come from: pinned, cached for all checkouts; or what the machine has. */

const python = 'Python 3.11 or newer with pip (Debian: apt-get install python3-pip).';

const hasPython = (): boolean =>
  answers('python3', '-c', 'import sys, pip; sys.exit(sys.version_info < (3, 11))');

let installed: Promise<string | Missing> | undefined;

const wheelsHere = async (): Promise<string | Missing> => {
  if (!hasPython()) return { missing: `It needs ${python}` };
  try {
    return await wheels(join(import.meta.dirname, 'requirements.txt'));
  } catch (failure) {
    return unlessForged(failure, 'It is installed by pip.');
  }
};

/** A tool that comes as a wheel; without Python, the machine's own. */
const fromWheel = async (name: string, tool: (folder: string) => Tool): Promise<Tool | Missing> => {
  installed ??= wheelsHere();
  const folder = await installed;
  if (typeof folder === 'string') return tool(folder);
  return answers(name, '--version') ? { command: [name] } : folder;
};

export const hadolint = (): Promise<Tool | Missing> =>
  fromWheel('hadolint', (folder) => ({ command: [join(folder, 'bin', 'hadolint')] }));

export const shellcheck = (): Promise<Tool | Missing> =>
  fromWheel('shellcheck', (folder) => ({ command: [join(folder, 'bin', 'shellcheck')] }));

/** It asks nobody for anything, and forks nothing: its processes have waited for each other for ever on a busy machine. */
export const checkov = (): Promise<Tool | Missing> =>
  fromWheel('checkov', (folder) => ({
    command: ['python3', join(folder, 'bin', 'checkov')],
    environment: {
      PYTHONPATH: folder,
      CKV_SKIP_PACKAGE_UPDATE_CHECK: 'True',
      CHECKOV_PARALLELIZATION_TYPE: 'none',
    },
  }));

/** A program in Go of that version, built at the first use; without Go, the machine's own. */
export const fromGo = async (name: string, module: string, version: string): Promise<Tool | Missing> => {
  if (answers(name, name === 'kubeconform' ? '-v' : '--version')) return { command: [name] };
  if (!hasGo()) return { missing: `There is neither ${name} nor Go (1.25 or newer).` };
  try {
    const folder = await cached(`${name}-${version}`, (target) =>
      execute('env', [`GOBIN=${target}`, 'go', 'install', `${module}@v${version}`]),
    );
    return { command: [join(folder, name)] };
  } catch (failure) {
    return unlessForged(failure, `It is built with Go (1.25 or newer).`);
  }
};

export const hasGo = (): boolean => answers('go', 'version');

export const actionlint = (): Promise<Tool | Missing> =>
  fromGo('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint', '1.7.12');

export const gitleaks = (): Promise<Tool | Missing> =>
  fromGo('gitleaks', 'github.com/zricethezav/gitleaks/v8', '8.30.1');

const groovy = join('deploy', 'pipeline', 'groovy-lint');

/** Its packages are none of this project's: it brings CodeNarc, 38 MB. */
export const groovyLint = async (): Promise<Tool | Missing> => {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const major = status === 0 ? Number(/version "(\d+)/.exec(stderr)?.[1]) : 0;
  if (!(major >= 17)) return { missing: 'There is no Java of 17 or newer on this machine.' };
  const hash = createHash('sha256')
    .update(readFileSync(join(groovy, 'package-lock.json')))
    .digest('hex');
  try {
    const folder = await cached(`groovy-lint-${hash.slice(0, 12)}`, (target) => {
      cpSync(groovy, target, { recursive: true });
      return execute('npm', ['ci', '--prefix', target, '--ignore-scripts', '--loglevel=error']);
    });
    return {
      command: [process.execPath, join(folder, 'node_modules', 'npm-groovy-lint', 'lib', 'index.js')],
    };
  } catch (failure) {
    return unlessForged(failure, 'It is installed by npm.');
  }
};

export const kubeconform = (): Promise<Tool | Missing> =>
  fromGo('kubeconform', 'github.com/yannh/kubeconform/cmd/kubeconform', '0.7.0');

/** Part of what is said of infra/terraform by itself, too. */
export const terraformFormat: Check = {
  name: 'terraform fmt: infra/terraform',
  run: () =>
    byTool(
      answers('terraform', 'version')
        ? { command: ['terraform'] }
        : { missing: 'There is no terraform on this machine (1.11 or newer).' },
      ['fmt', '-check', '-diff', '-recursive', 'infra/terraform'],
    ),
};

/** KUBECTL, or the one in the path. */
export const kubectl = (): Tool | Missing => {
  const file = process.env['KUBECTL'] ?? 'kubectl';
  return answers(file, 'version', '--client')
    ? { command: [file] }
    : { missing: `There is no ${file}: install kubectl, or name one in KUBECTL.` };
};

export const compose = (): Tool | Missing =>
  answers('docker', 'compose', 'version')
    ? { command: ['docker', 'compose'] }
    : {
        missing:
          'There is no Docker Compose (the plugin of docker). dclint and test/compose have read the file.',
      };
