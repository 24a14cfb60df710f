import { execFileSync } from 'node:child_process';
import { cached, pip } from './downloads.ts';

/** The folder, for PYTHONPATH, with the Python packages of that file of checksums; installed at the first use. */
export const pythonPackages = (name: string): Promise<string> => {
  const version = execFileSync('python3', ['-c', 'import sys; print(sys.implementation.cache_tag)']);
  return cached(`${name}-${version.toString().trim()}`, (folder) => pip(`${name}.txt`, folder));
};

const [name] = process.argv.slice(2);
if (import.meta.main && name !== undefined) process.stdout.write(await pythonPackages(name));
