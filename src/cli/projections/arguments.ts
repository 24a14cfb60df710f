import { parseArgs } from 'node:util';
import { z } from 'zod';
import { mostParallel } from '../../projections/rebuild/desk.js';

export const usage = `npm run projections -- list [--json]
npm run projections -- show NAME [--json]            with the differences of its last comparison
npm run projections -- rebuild NAME … | --all [--from-version N] [--parallel N] [--hold] [--no-wait]
    builds a new generation beside the one that serves; --hold: it takes over when it is told to
npm run projections -- watch NAME                    a rebuild that is under way
npm run projections -- switch NAME [--no-wait]       lets a generation take over that waits
npm run projections -- resume NAME [--no-wait]       a rebuild that failed, where it stopped
npm run projections -- cancel NAME                   a rebuild; nothing of it is left
npm run projections -- rollback NAME                 the generation that served before serves again
npm run projections -- prune NAME                    removes the generations that served before
npm run projections -- verify [NAME …] [--sample SHARE [--seed TEXT]] [--parallel N] [--json]
    compares what serves with the events; --sample 0.05: 5 % of the documents, in memory, others every time; --seed: the same again
The data folder is DATA_DIR; programs that run on it go on meanwhile. What no program does the tool does itself.
0: it serves, or is what the events give; 1: it does not, or is not; 2: it cannot be done like this; 130: interrupted.`;

export type ProjectionsOptions =
  | { readonly verb: 'list'; readonly json: boolean }
  | { readonly verb: 'show'; readonly name: string; readonly json: boolean }
  | {
      readonly verb: 'rebuild';
      readonly names: readonly string[];
      readonly fromVersion: number | undefined;
      readonly parallel: number | undefined;
      readonly hold: boolean;
      readonly wait: boolean;
    }
  | { readonly verb: 'switch' | 'resume'; readonly name: string; readonly wait: boolean }
  | { readonly verb: 'watch' | 'cancel' | 'rollback' | 'prune'; readonly name: string }
  | {
      readonly verb: 'verify';
      readonly names: readonly string[];
      readonly sample: number | null;
      readonly seed: string | undefined;
      readonly parallel: number | undefined;
      readonly json: boolean;
    };

const whole = (least: number, most: number) => {
  const sentence = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, sentence)
    .transform(Number)
    .refine((value) => value >= least && value <= most, sentence);
};

const share = z
  .string()
  .regex(/^\d*\.?\d+$/, 'must be a share of the documents such as 0.05')
  .transform(Number)
  .refine((value) => value > 0 && value <= 1, 'must be above 0 and at most 1');

const flag = z.boolean().default(false);
const parallel = whole(1, mostParallel).optional();
const json = z.strictObject({ json: flag });
const waiting = z.strictObject({ 'no-wait': flag });
const schemas = {
  ...{ list: json, show: json, switch: waiting, resume: waiting },
  rebuild: z.strictObject({
    ...{ all: flag, hold: flag, 'no-wait': flag, parallel },
    'from-version': whole(1, 1_000_000).optional(),
  }),
  verify: z.strictObject({
    sample: share.optional(),
    seed: z.string().min(1).optional(),
    parallel,
    json: flag,
  }),
  none: z.strictObject({}),
};

const text = { type: 'string' } as const;
const yes = { type: 'boolean' } as const;

/** The options, or a sentence that says what is wrong with them. @param known the names of the views */
export const parseArguments = (
  args: readonly string[],
  known: readonly string[],
): ProjectionsOptions | string => {
  try {
    const { values: given, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ 'from-version': text, parallel: text, sample: text, seed: text },
        ...{ all: yes, hold: yes, 'no-wait': yes, json: yes },
      },
    });
    const [verb = '', ...names] = positionals;
    const unknown = names.filter((name) => !known.includes(name));
    const one = (): string => {
      const [name, ...more] = names;
      if (name === undefined || more.length > 0) throw new Misuse(`${verb} takes the name of one view`);
      return name;
    };
    if (unknown.length > 0) {
      return `there is no view ${[...new Set(unknown)].join(', ')}: there are ${known.join(', ')}`;
    }
    switch (verb) {
      case 'list':
        if (names.length > 0) return 'list takes no names: show takes one';
        return { verb, ...schemas.list.parse(given) };
      case 'show':
        return { verb, name: one(), ...schemas.show.parse(given) };
      case 'rebuild': {
        const { all, 'from-version': fromVersion, 'no-wait': noWait, ...rest } = schemas.rebuild.parse(given);
        if (all === names.length > 0) return 'rebuild takes names of views, or --all';
        if (all && noWait)
          return '--all rebuilds one view after the other, and has to wait for each: leave out --no-wait';
        const { parallel, hold } = rest;
        return { verb, names: all ? known : [...new Set(names)], fromVersion, parallel, hold, wait: !noWait };
      }
      case 'switch':
      case 'resume':
        return { verb, name: one(), wait: !schemas[verb].parse(given)['no-wait'] };
      case 'watch':
      case 'cancel':
      case 'rollback':
      case 'prune':
        schemas.none.parse(given);
        return { verb, name: one() };
      case 'verify': {
        const { sample = null, seed, parallel, json } = schemas.verify.parse(given);
        return { verb, names: names.length > 0 ? [...new Set(names)] : known, sample, seed, parallel, json };
      }
      default:
        return `unknown verb ${verb || '(none)'}: list, show, rebuild, watch, switch, resume, cancel, rollback, prune and verify are there`;
    }
  } catch (error) {
    if (error instanceof z.ZodError) return error.issues.map(sentenceOf).join('; ');
    return error instanceof Error ? error.message : String(error);
  }
};

class Misuse extends Error {}

const sentenceOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys'
    ? `${issue.keys.map((key) => `--${key}`).join(', ')} does not belong to this verb`
    : `--${String(issue.path[0])} ${issue.message}`;
