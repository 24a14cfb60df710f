import { parseArgs } from 'node:util';
import { z } from 'zod';
import { defaultMode, modes } from '../../schemas/judge.js';

export const usage = `npm run schemas -- check [--json] [--registry-only]
npm run schemas -- check --old FILE_OR_FOLDER --new FILE_OR_FOLDER [--mode MODE] [--registry-only] [--json]
npm run schemas -- check --pairs FILE.jsonl [--mode MODE] [--registry-only]
npm run schemas -- types [--check]
npm run schemas -- docs [--check]
npm run schemas -- release
npm run schemas -- register [--url URL]
npm run schemas -- diff [--url URL]
Without --old and --new, schemas/avro is checked against schemas/history in the modes of schemas/compatibility.json.
--old may be given for every older version, the oldest first. MODE: ${modes.join(', ')} (default ${defaultMode})`;

export const modeSchema = z
  .string()
  .toUpperCase()
  .pipe(z.enum(modes, `must be one of ${modes.join(', ')}`));

const flag = z.boolean().default(false);
const common = { 'registry-only': flag, json: flag };
const mode = modeSchema.default(defaultMode);
const path = z.string('is missing').min(1, 'is missing');
const verb = <Name extends string>(name: Name) => ({ verb: z.literal(name) });

const pairs = z.strictObject({ ...verb('check'), ...common, mode, pairs: path });
const files = z.strictObject({
  ...verb('check'),
  ...common,
  mode,
  old: z.array(path, 'is missing'),
  new: path,
});
const published = z.strictObject({ ...verb('check'), ...common });
const url = z.url({ protocol: /^https?$/, message: 'must be an http or https URL' }).optional();

const others = [
  z.strictObject({ ...verb('types'), check: flag }),
  z.strictObject({ ...verb('docs'), check: flag }),
  z.strictObject({ ...verb('release') }),
  z.strictObject({ ...verb('register'), url }),
  z.strictObject({ ...verb('diff'), url }),
] as const;

export type CheckOptions = z.infer<typeof pairs> | z.infer<typeof files> | z.infer<typeof published>;
export type Command = CheckOptions | z.infer<(typeof others)[number]>;

/** The command, or a sentence that says what is wrong with it. */
export const parseArguments = (args: readonly string[]): Command | string => {
  const text = { type: 'string' } as const;
  const isThere = { type: 'boolean' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ old: { ...text, multiple: true }, new: text, mode: text, pairs: text, url: text },
        ...{ json: isThere, 'registry-only': isThere, check: isThere },
      },
    });
    const name = positionals.join(' ');
    const hasFiles = (values.old ?? values.new) !== undefined;
    if (values.pairs !== undefined && hasFiles) return '--pairs goes without --old and --new';
    const check = values.pairs !== undefined ? pairs : hasFiles ? files : published;
    const schema = name === 'check' ? check : others.find(({ shape }) => shape.verb.value === name);
    if (!schema) return `unknown verb ${name || '(none)'}`;
    const parsed = schema.safeParse({ ...values, verb: name });
    return parsed.success ? parsed.data : parsed.error.issues.map(sentence).join('; ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const sentence = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys'
    ? `--${issue.keys.join(', --')} has no meaning here`
    : `--${String(issue.path[0])} ${issue.message}`;
