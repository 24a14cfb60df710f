import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { interruption } from './interruption.ts';

export const cache = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'order-processing-backend',
);

/** The cached folder of that name; made at the first use, whole or not at all. */
export const cached = async (name: string, fill: (folder: string) => Promise<void>): Promise<string> => {
  const target = join(cache, name);
  if (existsSync(target)) return target;
  console.error(`Downloading ${name} to ${cache}`);
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(`${target}.unfinished-`);
  try {
    await fill(unfinished);
    // Another stack may have been faster.
    if (!existsSync(target)) renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return target;
};

let lastMaven: Promise<unknown> = Promise.resolve();

/** Runs the goal of Maven's dependency plugin. One at a time: they share a local repository. */
export const maven = (goal: string, ...options: readonly string[]): Promise<void> => {
  const plugin = `org.apache.maven.plugins:maven-dependency-plugin:3.8.1:${goal}`;
  const run = lastMaven.then(() =>
    execute('mvn', ['-B', '-q', '-ntp', '--strict-checksums', plugin, ...options]),
  );
  lastMaven = run.catch(() => undefined);
  return run;
};

/** Installs wheels, whose hashes are in the file, into the folder. */
export const pip = (requirements: string, folder: string): Promise<void> =>
  execute('python3', [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'],
    ...['--only-binary', ':all:', '--require-hashes', '--target', folder, '--requirement', requirements],
  ]);

/** The folder, for PYTHONPATH, of the wheels that the file of requirements asks for. */
export const wheels = async (requirements: string): Promise<string> => {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.implementation.cache_tag)'], {
    encoding: 'utf8',
  });
  return cached(`wheels-${hash}-${stdout.trim()}`, (folder) => pip(requirements, folder));
};

/** Compares the files with the checksums in stack/checksums, if the version's are there. */
export const verify = async (name: string, folder: string): Promise<void> => {
  const list = pinned(`${name}.sha256`);
  if (!existsSync(list)) {
    console.error(
      `There are no checksums for ${name} in stack/checksums: only those of its repository were compared.`,
    );
    return;
  }
  for (const line of readFileSync(list, 'utf8').trim().split('\n')) {
    const [expected, file] = line.split('  ');
    if (file === undefined)
      throw new Error(`stack/checksums/${name}.sha256 has a line without a file: ${line}`);
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, file)), hash);
    const found = hash.digest('hex');
    if (found !== expected)
      throw new Error(`${file} is not what was expected: its SHA-256 is ${found}, not ${String(expected)}.`);
  }
};

export const execute = async (file: string, args: readonly string[]): Promise<void> => {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: interruption });
  let output = '';
  const keep = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', (failure) => {
      reject(new Error(`${file} cannot be run: ${failure.message}. ${remedies[file] ?? ''}`));
    });
  });
  if (status === 0) return;
  const remedy = /No module named pip/.test(output) ? (remedies['pip'] ?? '') : '';
  throw new Error(`${[file, ...args].join(' ')} failed with ${String(status)}.\n${output.trim()}\n${remedy}`);
};

const remedies: Readonly<Record<string, string>> = {
  mvn: 'Install Apache Maven and a Java of 17 or newer (Debian: apt-get install maven).',
  python3: 'Install Python 3 with pip (Debian: apt-get install python3-pip).',
  pip: 'Install pip for Python 3 (Debian: apt-get install python3-pip).',
};

/** A file of stack/checksums. */
export const pinned = (file: string): string => join(import.meta.dirname, 'checksums', file);
