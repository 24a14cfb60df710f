import { parseArgs } from 'node:util';
import { z } from 'zod';

/** How many messages tail shows when nothing is said. */
export const shownByDefault = 10;

export const usage = `npm run topics -- list [--json]
npm run topics -- tail TOPIC [--from-beginning] [--follow] [--partition N] [--limit N] [--json]
tail shows the last ${shownByDefault} messages (or --limit) unless it is to begin with the first; with --follow it goes on with what is
published, and --limit ends it after so many.`;

const whole = (least: number) =>
  z
    .string()
    .refine(
      (text) => /^\d{1,15}$/.test(text) && Number(text) >= least,
      `must be a whole number, ${least} at least`,
    )
    .transform(Number);

const json = z.boolean().default(false);

const list = z.strictObject({ json }, 'goes with tail only');
const tail = z.strictObject({
  json,
  'from-beginning': z.boolean().default(false),
  follow: z.boolean().default(false),
  partition: whole(0).optional(),
  limit: whole(1).optional(),
});

export interface TailOptions {
  readonly topic: string;
  readonly json: boolean;
  readonly fromBeginning: boolean;
  readonly follow: boolean;
  readonly partition: number | undefined;
  readonly limit: number | undefined;
}

export type TopicsCommand =
  { readonly verb: 'list'; readonly json: boolean } | ({ readonly verb: 'tail' } & TailOptions);

/** What is to be done, or a sentence that says what is wrong with the arguments. */
export const parseArguments = (args: readonly string[]): TopicsCommand | string => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: flag, 'from-beginning': flag, follow: flag, partition: text, limit: text },
    });
    const [verb, topic, ...rest] = positionals;
    if (verb === 'list') {
      if (topic !== undefined) return `list takes no topic: ${topic}`;
      const parsed = list.safeParse(values);
      return parsed.success ? { verb, ...parsed.data } : sentences(parsed.error);
    }
    if (verb !== 'tail') return `unknown verb ${verb ?? '(none)'}: list and tail are there`;
    if (topic === undefined) return 'tail needs the name of a topic';
    if (rest.length > 0) return `tail takes one topic, not also ${rest.join(' ')}`;
    const parsed = tail.safeParse(values);
    if (!parsed.success) return sentences(parsed.error);
    const { 'from-beginning': fromBeginning, partition, limit, ...flags } = parsed.data;
    return { verb, topic, ...flags, fromBeginning, partition, limit };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const sentences = ({ issues }: z.ZodError): string =>
  issues
    .map((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `--${key} ${issue.message}`).join('; ')
        : `--${issue.path.join('.')} ${issue.message}`,
    )
    .join('; ');
