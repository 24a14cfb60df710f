import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidSchema } from '../../schemas/names.js';
import { readSource, type Source } from '../../schemas/source.js';
import { type Snapshot, snapshot } from '../../schemas/versions.js';

/** The schema in a file, or all .avsc files in and below a folder. */
export const load = (path: string): Snapshot => {
  const isFolder = reading(path, () => statSync(path).isDirectory());
  if (!isFolder) return snapshot([read(path)], false, neighbours(path));
  const files = filesBelow(path);
  if (files.length === 0)
    throw new InvalidSchema({ file: path, path: '' }, 'no .avsc file is in this folder');
  return snapshot(files.map(read), true);
};

export const read = (file: string): Source =>
  readSource(
    file,
    reading(file, () => readFileSync(file, 'utf8')),
  );

export const filesBelow = (folder: string): readonly string[] =>
  reading(folder, () => readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    .filter((name) => name.endsWith('.avsc'))
    .sort()
    .map((name) => join(folder, name));

/** The other schemas in the file's folder, for what it refers to; those that are no JSON are none of its business. */
const neighbours = (path: string): readonly Source[] =>
  readdirSync(dirname(path))
    .map((name) => join(dirname(path), name))
    .filter((file) => file.endsWith('.avsc') && file !== join(path))
    .flatMap((file) => {
      try {
        return [read(file)];
      } catch {
        return [];
      }
    });

const reading = <Result>(file: string, action: () => Result): Result => {
  try {
    return action();
  } catch (error) {
    throw new InvalidSchema({ file, path: '' }, error instanceof Error ? error.message : String(error));
  }
};
