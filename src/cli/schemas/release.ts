import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readContract, folders } from './contract.js';
import { goldenFile, goldenOf } from './golden.js';
import { readHistory } from './history.js';
import { type Output } from './output.js';
import { print } from './print.js';
import { judgeContract } from './published.js';

/** Adds every schema that has changed to the history as its next version, with golden records; all or, when one may not follow, none. */
export const release = (root: string, output: Output): 0 | 1 => {
  const events = readContract(root);
  const history = readHistory(root);
  const verdicts = judgeContract(root);
  const broken = verdicts.filter(({ compatible }) => !compatible);
  if (broken.length > 0) {
    for (const verdict of broken) output.problem(`${verdict.subject}\n${print(verdict)}`);
    output.problem('Nothing was released.');
    return 1;
  }
  const changed = events.filter(({ subject, text }) => history.get(subject)?.at(-1)?.text !== text);
  for (const { subject, text, schema } of changed) {
    const version = (history.get(subject)?.length ?? 0) + 1;
    write(join(root, folders.history, subject, `${version}.avsc`), JSON.parse(text));
    write(goldenFile(root, subject, version), goldenOf(text, schema));
    output.result(`${subject}: version ${version}.`);
  }
  output.result(`${changed.length} of ${events.length} subjects released; the others are as they were.`);
  return 0;
};

const write = (file: string, json: unknown): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(json, null, 2)}\n`, { flag: 'wx' });
};
