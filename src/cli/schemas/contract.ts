import { join } from 'node:path';
import { z } from 'zod';
import { type Mode } from '../../schemas/judge.js';
import { type RecordSchema } from '../../schemas/model.js';
import { InvalidSchema } from '../../schemas/names.js';
import { parseSchema } from '../../schemas/parse.js';
import { selfContained } from '../../schemas/self-contained.js';
import { subjectOf, topicOf } from '../../wire/subjects.js';
import { modeSchema } from './arguments.js';
import { filesBelow, read } from './load.js';

/** The public schema of one event, as the repository has it. */
export interface EventSchema {
  /** Short name of the record. */
  readonly type: string;
  readonly recordName: string;
  readonly topic: string;
  readonly subject: string;
  readonly mode: Mode;
  readonly file: string;
  /** The schema that needs no other, as it is registered. */
  readonly text: string;
  readonly schema: RecordSchema;
}

/** Where the repository keeps the contract; every command of this program is given at its root. */
export const folders = {
  current: join('schemas', 'avro'),
  common: join('schemas', 'avro', 'common'),
  history: join('schemas', 'history'),
  golden: join('schemas', 'golden'),
  modes: join('schemas', 'compatibility.json'),
} as const;

const modesSchema = z.strictObject({ default: modeSchema, subjects: z.record(z.string(), modeSchema) });

/** @returns the compatibility mode of a subject. @throws InvalidSchema when the file is not as it should be. */
export const readModes = (root: string): ((subject: string) => Mode) => {
  const file = join(root, folders.modes);
  const modes = modesSchema.safeParse(read(file).json);
  if (!modes.success) throw new InvalidSchema({ file, path: '' }, z.prettifyError(modes.error));
  return (subject) => modes.data.subjects[subject] ?? modes.data.default;
};

/**
 * Every event's schema, by file name. What several events share is in the folder common.
 * @throws InvalidSchema
 */
export const readContract = (root: string): readonly EventSchema[] => {
  const modeOf = readModes(root);
  const sources = filesBelow(join(root, folders.current)).map(read);
  const common = join(root, folders.common);
  return sources
    .filter(({ file }) => !file.startsWith(common))
    .map((source) => {
      const json = selfContained(
        source,
        sources.filter((other) => other !== source),
      );
      const { file } = source;
      const schema = parseSchema(json, file);
      if (schema.type !== 'record') throw new InvalidSchema({ file, path: '' }, 'an event is a record');
      const { name: type, fullName: recordName } = schema;
      const expected = join(root, folders.current, ...recordName.split('.').slice(1)) + '.avsc';
      if (file !== expected) {
        throw new InvalidSchema(
          { file, path: '' },
          `${recordName} belongs into ${expected} (commerce.<domain>.<Event> into <domain>/<Event>.avsc)`,
        );
      }
      const subject = subjectOf(recordName);
      const place = { type, recordName, topic: topicOf(recordName), subject, mode: modeOf(subject) };
      return { ...place, file, text: JSON.stringify(json), schema };
    });
};
