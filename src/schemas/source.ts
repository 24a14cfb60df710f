import { InvalidSchema } from './names.js';

/** A document with a schema. */
export interface Source {
  readonly file: string;
  readonly json: unknown;
}

export const readSource = (file: string, content: string): Source => {
  // Editors on Windows put a byte order mark first.
  const text = content.replace(/^\uFEFF/, '');
  const problem = jsonProblem(text);
  if (problem === undefined) return { file, json: JSON.parse(text) };
  const before = text.slice(0, faultAt(text)).split('\n');
  const place = `line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1}`;
  throw new InvalidSchema({ file, path: '' }, `not JSON at ${place}: ${problem}`);
};

const jsonProblem = (text: string): string | undefined => {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable';
  }
};

/** The parser does not always say where the fault is: where the longest beginning that could still become JSON ends. */
const faultAt = (text: string): number => {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (couldGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
};

const couldGoOn = (beginning: string): boolean => {
  const problem = jsonProblem(beginning) ?? '';
  const position = Number(/at position (\d+)/.exec(problem)?.[1] ?? -1);
  return problem === '' || /end of JSON input|Unterminated/.test(problem) || position >= beginning.length;
};
