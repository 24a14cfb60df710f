import { InvalidSchema, isObject, text } from './names.js';

/** A document with a schema. */
export interface Source {
  readonly file: string;
  readonly json: unknown;
}

export const readSource = (file: string, content: string): Source => {
  // Editors on Windows put a byte order mark first.
  const document = content.replace(/^\uFEFF/, '');
  const problem = jsonProblem(document);
  if (problem === undefined) {
    return { file, json: JSON.parse(document, unusualNumber.test(document) ? rememberNumber : undefined) };
  }
  const before = document.slice(0, faultAt(document)).split('\n');
  const place = `line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1}`;
  throw new InvalidSchema({ file, path: '' }, `not JSON at ${place}: ${problem}`);
};

/** Numbers that JavaScript would write otherwise (1.0, 9223372036854775807), by the object or list they stand in. */
const written = new WeakMap<object, Map<string, string>>();

export const numberAsWritten = (holder: object, key: string): string | undefined =>
  written.get(holder)?.get(key);

/** Looking at each number takes longer than the parsing. */
const unusualNumber = /\d\.\d|\d[eE]|\d{16}|-0/;

function rememberNumber(this: object, ...[key, value, context]: [string?, unknown?, unknown?]): unknown {
  const source = typeof value === 'number' && isObject(context) ? text(context, 'source') : undefined;
  if (key !== undefined && source !== undefined && source !== String(value)) {
    const numbers = written.get(this) ?? new Map<string, string>();
    written.set(this, numbers.set(key, source));
  }
  return value;
}

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
