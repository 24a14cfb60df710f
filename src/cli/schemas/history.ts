import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Schema } from '../../schemas/model.js';
import { InvalidSchema } from '../../schemas/names.js';
import { parseSchema } from '../../schemas/parse.js';
import { folders } from './contract.js';
import { read } from './load.js';

/** A version of a subject that has been published: its schema never changes any more. */
export interface PublishedVersion {
  readonly subject: string;
  readonly version: number;
  readonly file: string;
  readonly text: string;
  readonly schema: Schema;
}

/** The subjects that have ever been published, each with its versions, the oldest first. */
export const readHistory = (root: string): ReadonlyMap<string, readonly PublishedVersion[]> => {
  const folder = join(root, folders.history);
  const subjects = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(subjects.map((subject) => [subject, versionsOf(subject, join(folder, subject))]));
};

const versionsOf = (subject: string, folder: string): readonly PublishedVersion[] => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.avsc'));
  if (names.length === 0) throw new InvalidSchema({ file: folder, path: '' }, 'the subject has no version');
  return names.map((_, index) => {
    const version = index + 1;
    const file = join(folder, `${version}.avsc`);
    if (!names.includes(`${version}.avsc`)) {
      const reason = `version ${version} of ${subject} is missing: what was published stays, as there is data of it`;
      throw new InvalidSchema({ file, path: '' }, reason);
    }
    const { json } = read(file);
    return { subject, version, file, text: JSON.stringify(json), schema: parseSchema(json, file) };
  });
};
