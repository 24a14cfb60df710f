import { InvalidSchema } from '../../schemas/names.js';
import { judgeSnapshots } from '../../schemas/versions.js';
import { checkPublished } from './published.js';
import { type CheckOptions } from './arguments.js';
import { load } from './load.js';
import { judgePairs } from './pairs.js';
import { type Output } from './output.js';
import { print } from './print.js';

/** 0: compatible; 1: not; 2: something cannot be read or is no valid schema. */
export const check = async (options: CheckOptions, output: Output, root = '.'): Promise<0 | 1 | 2> => {
  const registryOnly = options['registry-only'];
  try {
    if (!('mode' in options)) return checkPublished(root, options, output);
    const judgement = { mode: options.mode, registryOnly };
    if ('pairs' in options) {
      let worst: 0 | 1 | 2 = 0;
      for await (const verdict of judgePairs(options.pairs, judgement)) {
        output.result(JSON.stringify(verdict));
        if (verdict.error !== undefined) worst = 2;
        else if (!verdict.compatible && worst === 0) worst = 1;
      }
      return worst;
    }
    const verdict = judgeSnapshots(load(options.new), options.old.map(load), judgement);
    output.result(options.json ? JSON.stringify(verdict) : print(verdict));
    return verdict.compatible ? 0 : 1;
  } catch (error) {
    const told = error instanceof InvalidSchema ? error.message : unreadable(error);
    output.problem(told);
    if (options.json && error instanceof InvalidSchema) {
      const { place, reason } = error;
      const mode = 'mode' in options ? options.mode : undefined;
      output.result(JSON.stringify({ compatible: false, mode, error: { ...place, message: reason } }));
    }
    return 2;
  }
};

/** Node says which file it is; anything else is a fault of this program. */
const unreadable = (error: unknown): string => {
  if (typeof error === 'object' && error && 'code' in error && 'message' in error)
    return String(error.message);
  throw error;
};
