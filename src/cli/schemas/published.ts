import { judge, type Mode, readersOf, type Remark, type Verdict, verdictOf } from '../../schemas/judge.js';
import { type Output } from './output.js';
import { readContract, readModes } from './contract.js';
import { type PublishedVersion, readHistory } from './history.js';
import { print } from './print.js';

export interface SubjectVerdict extends Verdict {
  readonly subject: string;
  /** The latest published version says the same, word for word. */
  readonly unchanged: boolean;
}

interface Options {
  readonly json: boolean;
  readonly 'registry-only': boolean;
}

/**
 * Every event's schema by the published versions of its subject, in the subject's mode; and whether one is gone that
 * readers of old messages need.
 */
export const judgeContract = (root: string, registryOnly = false): readonly SubjectVerdict[] => {
  const events = readContract(root);
  const history = readHistory(root);
  const judged = events.map(({ subject, mode, schema, text }): SubjectVerdict => {
    const versions = history.get(subject) ?? [];
    const published = versions.map((version) => version.schema);
    const unchanged = versions.at(-1)?.text === text;
    return { subject, unchanged, ...judge(schema, published, { mode, registryOnly }) };
  });
  const modeOf = readModes(root);
  const gone = [...history]
    .filter(([subject]) => events.every((event) => event.subject !== subject))
    .filter(([subject]) => !registryOnly && readersOf(modeOf(subject)).includes('new'))
    .map(([subject, versions]) => removed(subject, versions, modeOf(subject)));
  return [...judged, ...gone];
};

const removed = (subject: string, versions: readonly PublishedVersion[], mode: Mode): SubjectVerdict => {
  const remark: Remark = {
    kind: 'meaning',
    rule: 'SCHEMA_REMOVED',
    subject,
    file: versions.at(-1)?.file ?? '',
    path: '/',
    reader: null,
    writer: null,
    message: `${subject} has been published, and schemas/avro no longer has its record: nobody could read the messages that are there.`,
    remedy: `Keep the schema as long as there are messages of it; afterwards give the subject the mode NONE in schemas/compatibility.json.`,
  };
  return { subject, unchanged: false, ...verdictOf(mode, [remark]) };
};

/** `schemas -- check` without files: the contract by its history. */
export const checkPublished = (root: string, options: Options, output: Output): 0 | 1 => {
  const verdicts = judgeContract(root, options['registry-only']);
  const compatible = verdicts.every((verdict) => verdict.compatible);
  if (options.json) {
    const [violations, notes] = [
      verdicts.flatMap((each) => each.violations),
      verdicts.flatMap((each) => each.notes),
    ];
    const subjects = verdicts.map(({ violations: _v, notes: _n, ...rest }) => rest);
    output.result(JSON.stringify({ compatible, violations, notes, subjects }));
    return compatible ? 0 : 1;
  }
  for (const verdict of verdicts) {
    if (verdict.violations.length + verdict.notes.length > 0)
      output.result(`${verdict.subject}\n${print(verdict)}\n`);
    else if (!verdict.unchanged)
      output.result(`${verdict.subject}: not published as it is now; npm run schemas -- release`);
  }
  const broken = verdicts.filter((verdict) => !verdict.compatible).length;
  output.result(
    `${verdicts.length} subjects: ${broken === 0 ? 'all compatible with what is published' : `${broken} not compatible`}.`,
  );
  return compatible ? 0 : 1;
};
