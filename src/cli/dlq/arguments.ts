import { parseArgs } from 'node:util';
import { z } from 'zod';
import { filterShape, meansAll, toFilter } from '../../consumers/dead-letter-filter.js';
import { type DeadLetterFilter } from '../../ports/dead-letters.js';

const filters =
  '[--group G] [--topic T] [--key K] [--type EVENT] [--error CLASS] [--failure FINGERPRINT] [--state failed|due|waiting]\n' +
  '    [--since TIME] [--until TIME]   TIME: an instant such as 2026-01-31T12:00:00Z, or how long ago: 30m, 2h, 7d';

export const usage = `npm run dlq -- list [--messages] [--limit N] [--json] ${filters}
npm run dlq -- show ID [--json]
npm run dlq -- redrive [ID …] [--rate N] [--dry-run] [--all] [--json] and the filters of list
npm run dlq -- discard [ID …] [--dry-run] [--all] [--json] and the filters of list
The data folder is DATA_DIR; programs that run on it go on meanwhile.`;

export type DlqOptions =
  | {
      readonly verb: 'list';
      readonly filter: DeadLetterFilter;
      readonly messages: boolean;
      readonly limit: number;
      readonly json: boolean;
    }
  | { readonly verb: 'show'; readonly id: string; readonly json: boolean }
  | {
      readonly verb: 'redrive';
      readonly filter: DeadLetterFilter;
      readonly dryRun: boolean;
      readonly perSecond: number | null;
      readonly json: boolean;
    }
  | {
      readonly verb: 'discard';
      readonly filter: DeadLetterFilter;
      readonly dryRun: boolean;
      readonly json: boolean;
    };

const number = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);

const flag = z.boolean().default(false);
const shared = { ...filterShape, json: flag };
const selecting = { ...shared, all: flag, 'dry-run': flag };
const schemas = {
  list: z.strictObject({ ...shared, messages: flag, limit: number(1, 10_000).default(50) }),
  show: z.strictObject({ json: flag }),
  redrive: z.strictObject({ ...selecting, rate: number(0.01, 10_000).optional() }),
  discard: z.strictObject(selecting),
};

const text = { type: 'string' } as const;
const yes = { type: 'boolean' } as const;

/** The options, or a sentence that says what is wrong with them. */
export const parseArguments = (args: readonly string[], now: number): DlqOptions | string => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ group: text, topic: text, key: text, type: text, error: text, failure: text, state: text },
        ...{ since: text, until: text, limit: text, rate: text },
        ...{ all: yes, 'dry-run': yes, json: yes, messages: yes },
      },
    });
    const [verb = '', ...ids] = positionals;
    const times = { since: instantOf(values.since, now), until: instantOf(values.until, now) };
    // Without those that are not given: each verb says which ones it takes.
    const given = Object.fromEntries(
      Object.entries({ ...values, ...times }).filter(([, value]) => value !== undefined),
    );
    switch (verb) {
      case 'list': {
        if (ids.length > 0) return `list takes no ${ids.join(' ')}: name filters, or show an id`;
        const { messages, limit, json, ...named } = schemas.list.parse(given);
        return { verb, filter: toFilter(named), messages, limit, json };
      }
      case 'show': {
        const [id, ...more] = ids;
        if (id === undefined || more.length > 0) return 'show takes one id';
        return { verb, id, ...schemas.show.parse(given) };
      }
      case 'redrive': {
        const { rate, all, 'dry-run': dryRun, json, ...named } = schemas.redrive.parse(given);
        const filter = toFilter({ ...named, ids: idsOf(ids) });
        if (meansAll(filter) && !all) return refusal(verb);
        return { verb, filter, dryRun, perSecond: rate ?? null, json };
      }
      case 'discard': {
        const { all, 'dry-run': dryRun, json, ...named } = schemas.discard.parse(given);
        const filter = toFilter({ ...named, ids: idsOf(ids) });
        if (meansAll(filter) && !all) return refusal(verb);
        return { verb, filter, dryRun, json };
      }
      default:
        return `unknown verb ${verb || '(none)'}: list, show, redrive and discard are there`;
    }
  } catch (error) {
    if (error instanceof z.ZodError) return error.issues.map(sentenceOf).join('; ');
    return error instanceof Error ? error.message : String(error);
  }
};

const idsOf = (ids: readonly string[]): readonly string[] | undefined => (ids.length > 0 ? ids : undefined);

const refusal = (verb: string): string =>
  `${verb} without ids and filters concerns every dead letter: name some, or say --all`;

const sentenceOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys'
    ? `${issue.keys.map((key) => `--${key}`).join(', ')} does not belong to this verb`
    : `--${String(issue.path[0])} ${issue.message}`;

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h` is two hours ago; whatever else is left to the schema. */
const instantOf = (value: string | undefined, now: number): string | undefined => {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(value ?? '') ?? [];
  const ms = units[unit];
  return count === undefined || ms === undefined ? value : new Date(now - Number(count) * ms).toISOString();
};
