import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Schema } from '../../schemas/model.js';
import { avroType } from '../../wire/avro.js';
import { folders } from './contract.js';
import { samples } from './examples.js';

const goldenSchema = z.array(z.object({ base64: z.base64(), value: z.unknown() }));

/** Records as they were written when a version was published: Avro binary without the wire format's head. */
export type Golden = z.infer<typeof goldenSchema>;

export const goldenOf = (text: string, schema: Schema): Golden => {
  const type = avroType(JSON.parse(text));
  return samples(schema).map((value) => ({ base64: type.toBuffer(value).toString('base64'), value }));
};

export const goldenFile = (root: string, subject: string, version: number): string =>
  join(root, folders.golden, subject, `${version}.json`);

export const readGolden = (root: string, subject: string, version: number): Golden =>
  goldenSchema.parse(JSON.parse(readFileSync(goldenFile(root, subject, version), 'utf8')));

/** `<subject>/<version>` of every golden file. */
export const goldenVersions = (root: string): readonly string[] =>
  readdirSync(join(root, folders.golden), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace(/\.json$/, ''));
