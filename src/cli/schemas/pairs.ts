import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { judge, type Judgement, type Verdict } from '../../schemas/judge.js';
import { type Place, type Schema } from '../../schemas/model.js';
import { InvalidSchema, isName, isObject, type JsonObject } from '../../schemas/names.js';
import { parseSchema } from '../../schemas/parse.js';
import { readSource } from '../../schemas/source.js';
import { modeSchema } from './arguments.js';

interface PairVerdict extends Verdict {
  readonly line: number;
  readonly id?: unknown;
  /** Why there is no verdict: `file` is old, new or line. */
  readonly error?: Place & { readonly message: string };
}

/** One verdict for each line `{"old": …, "new": …, "mode": …}` of the file; empty lines are passed over. */
export async function* judgePairs(file: string, judgement: Judgement): AsyncGenerator<PairVerdict> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() !== '') yield { line, ...judgeLine(text, judgement) };
  }
}

export const judgeLine = (text: string, judgement: Judgement): Omit<PairVerdict, 'line'> => {
  let known: { mode: Judgement['mode']; id?: unknown } = { mode: judgement.mode };
  try {
    const { json } = readSource('line', text);
    if (!isObject(json))
      throw new InvalidSchema({ file: 'line', path: '' }, 'a line is an object with "old" and "new"');
    if ('id' in json) known = { ...known, id: json['id'] };
    const mode = modeSchema.safeParse(json['mode'] ?? judgement.mode);
    if (!mode.success) {
      const [issue] = mode.error.issues;
      throw new InvalidSchema({ file: 'line', path: '/mode' }, issue?.message ?? 'not a mode');
    }
    known = { ...known, mode: mode.data };
    const [old, next] = [schemaOf('old', json), schemaOf('new', json)];
    return { ...judge(next, [old], { ...judgement, mode: mode.data }), ...known };
  } catch (error) {
    if (!(error instanceof InvalidSchema)) throw error;
    const { place, reason } = error;
    return { compatible: false, violations: [], notes: [], ...known, error: { ...place, message: reason } };
  }
};

/** A schema as JSON, or as text with JSON in it; a mere name need not be quoted once more. */
const schemaOf = (side: 'old' | 'new', pair: JsonObject): Schema => {
  if (!(side in pair)) throw new InvalidSchema({ file: side, path: '' }, 'is missing');
  const given = pair[side];
  const isText = typeof given === 'string' && !isName(given.replaceAll('.', ''));
  return parseSchema(isText ? readSource(side, given).json : given, side);
};
