import { judge, type Remark, type Verdict } from '../../schemas/judge.js';
import { type Output } from './output.js';
import { type EventSchema, readContract } from './contract.js';
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

/** Every event's schema by the published versions of its subject, in the subject's mode. */
export const judgeContract = (
  events: readonly EventSchema[],
  history: ReadonlyMap<string, readonly PublishedVersion[]>,
  registryOnly = false,
): readonly SubjectVerdict[] => {
  const judged = events.map(({ subject, mode, schema, text }): SubjectVerdict => {
    const versions = history.get(subject) ?? [];
    const published = versions.map((version) => version.schema);
    const unchanged = versions.at(-1)?.text === text;
    return { subject, unchanged, ...judge(schema, published, { mode, registryOnly }) };
  });
  const gone = [...history.keys()].filter((subject) => events.every((event) => event.subject !== subject));
  return [...judged, ...gone.map((subject) => removed(subject, history.get(subject) ?? []))];
};

const removed = (subject: string, versions: readonly PublishedVersion[]): SubjectVerdict => {
  const remark: Remark & { readonly kind: 'meaning' } = {
    kind: 'meaning',
    rule: 'SCHEMA_REMOVED',
    subject,
    file: versions.at(-1)?.file ?? '',
    path: '/',
    reader: null,
    writer: null,
    message: `${subject} has been published, and schemas/avro no longer has its record: there are messages that nobody could read.`,
    remedy: 'Keep the schema as long as there are messages of it.',
  };
  return {
    subject,
    unchanged: false,
    compatible: false,
    mode: 'NONE',
    violations: [remark],
    notes: [],
  };
};

/** `schemas -- check` without files: the contract by its history. */
export const checkPublished = (root: string, options: Options, output: Output): 0 | 1 => {
  const verdicts = judgeContract(readContract(root), readHistory(root), options['registry-only']);
  const compatible = verdicts.every((verdict) => verdict.compatible);
  if (options.json) {
    output.result(JSON.stringify({ compatible, subjects: verdicts }));
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
