import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { environmentOf, type Labels, type Manifest, type Workload } from '../kubernetes/manifests.ts';
import { execute } from '../downloads.ts';
import { interruption } from '../interruption.ts';
import { type Image } from './image.ts';

/** What is rolled out: an image, and the manifests that say how it is run. */
export interface Version {
  readonly name: string;
  readonly image: Image;
  readonly manifests: readonly Manifest[];
}

/** What is where it is in the cluster and elsewhere here; everything else the manifests decide. */
export type Addresses = Readonly<Record<string, string>>;

/**
 * What the container is told, addresses replaced.
 * @throws Error an address is to be replaced that the manifests do not give
 */
export const environmentHere = ({ manifests }: Version, workload: Workload, addresses: Addresses): Labels => {
  const given = environmentOf(manifests, workload);
  const missing = Object.keys(addresses).filter((name) => !(name in given));
  if (missing.length > 0) throw new Error(`${workload.name} is not told ${missing.join(', ')}.`);
  return { ...given, ...addresses };
};

/** Runs the command to its end in the image; its output goes to the log. @throws Error with the end of the log */
export const runIn = async (
  image: Image,
  command: readonly string[],
  environment: Labels,
  log: string,
): Promise<void> => {
  const [file = '', ...args] = command;
  const output = openSync(log, 'a');
  const child = spawn(file === 'node' ? process.execPath : file, args, {
    cwd: join(image.root, image.directory),
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], ...image.environment, ...environment },
    signal: interruption,
  });
  closeSync(output);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  if (code === 0) return;
  const end = readFileSync(log, 'utf8').trim().split('\n').slice(-15).join('\n');
  throw new Error(`${command.join(' ')} ended with ${String(code)}. The end of ${log}:\n${end}`);
};

/** The same content under the next number: a change of version, and of nothing else. */
export const nextOf = async (image: Image, folder: string): Promise<Image> => {
  await execute('cp', ['-al', image.root, folder]);
  const file = join(folder, image.directory, 'package.json');
  const description = z.looseObject({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8')));
  // A file of its own: the other one is a second name of the first version's.
  await execute('rm', [file]);
  writeFileSync(file, JSON.stringify({ ...description, version: `${description.version}-next` }));
  return { ...image, root: folder };
};
