import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The folders with Terraform files, from this one on; not what Terraform itself puts there. */
export const foldersIn = (folder: string): string[] => {
  const entries = readdirSync(folder, { withFileTypes: true });
  return [
    ...(entries.some((each) => each.name.endsWith('.tf')) ? [folder] : []),
    ...entries
      .filter((each) => each.isDirectory() && !each.name.startsWith('.'))
      .flatMap((each) => foldersIn(join(folder, each.name))),
  ];
};
