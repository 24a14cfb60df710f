import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** The shell scripts among those files, known by their names or their first lines. */
export const shellScripts = (files: readonly string[]): readonly string[] =>
  files.filter(
    (file) => isRegular(file) && (/\.(sh|bash)$/.test(file) || interpreter.test(beginningOf(file))),
  );

/** Git lists links to folders, and files that are gone from the folder, as well. */
const isRegular = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true;

const interpreter = /^#!.*[/ ](ba|da|k)?sh\b/;

const beginningOf = (file: string): string => {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(64);
    return buffer.toString('latin1', 0, readSync(handle, buffer));
  } finally {
    closeSync(handle);
  }
};

/** The files of the repository: those of Git, and those that could be added to it. */
export const repositoryFiles = (): readonly string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
  })
    .split('\0')
    .filter((file) => file !== '');
