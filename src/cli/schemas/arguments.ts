import { parseArgs } from 'node:util';
import { z } from 'zod';
import { defaultMode, modes } from '../../schemas/judge.js';

export const usage = `npm run schemas -- check --old FILE_OR_FOLDER --new FILE_OR_FOLDER [--mode MODE] [--registry-only] [--json]
npm run schemas -- check --pairs FILE.jsonl [--mode MODE] [--registry-only]
--old may be given for every older version, the oldest first. MODE: ${modes.join(', ')} (default ${defaultMode})`;

export const modeSchema = z
  .string()
  .toUpperCase()
  .pipe(z.enum(modes, `must be one of ${modes.join(', ')}`));

const common = {
  mode: modeSchema.default(defaultMode),
  'registry-only': z.boolean().default(false),
  json: z.boolean().default(false),
};
const path = z.string('is missing').min(1, 'is missing');

const schema = z.union([
  z.strictObject({ ...common, pairs: path }),
  z.strictObject({ ...common, old: z.array(path, 'is missing'), new: path }),
]);

export type CheckOptions = z.infer<typeof schema>;

/** The options, or a sentence that says what is wrong with them. */
export const parseArguments = (args: readonly string[]): CheckOptions | string => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ old: { ...text, multiple: true }, new: text, mode: text, pairs: text },
        ...{ json: flag, 'registry-only': flag },
      },
    });
    if (positionals.join(' ') !== 'check')
      return `unknown verb ${positionals.join(' ') || '(none)'}: check is there`;
    const [pairs, files] = schema.options;
    if (values.pairs !== undefined && (values.old ?? values.new) !== undefined) {
      return '--pairs goes without --old and --new';
    }
    const parsed = (values.pairs === undefined ? files : pairs).safeParse(values);
    if (parsed.success) return parsed.data;
    return parsed.error.issues.map(({ path: at, message }) => `--${String(at[0])} ${message}`).join('; ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
