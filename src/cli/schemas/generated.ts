import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Output } from './output.js';

/** Writes the files, or with `check` only tells which are not as they would be written. */
export const writeGenerated = (
  root: string,
  files: Readonly<Record<string, string>>,
  { check, verb }: { readonly check: boolean; readonly verb: string },
  output: Output,
): 0 | 1 => {
  const stale = Object.entries(files).filter(([file, content]) => current(join(root, file)) !== content);
  for (const [file, content] of stale) {
    if (check) output.problem(`${file} is out of date. Write it anew: npm run schemas -- ${verb}`);
    else {
      writeFileSync(join(root, file), content);
      output.result(`${file} written.`);
    }
  }
  if (stale.length === 0) output.result(`${Object.keys(files).join(' and ')}: up to date.`);
  return check && stale.length > 0 ? 1 : 0;
};

const current = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, 'utf8') : undefined;
