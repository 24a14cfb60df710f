import { type Remark, type Side, type Verdict } from '../../schemas/judge.js';

/** A verdict for people. */
export const print = ({ compatible, mode, violations, notes }: Verdict): string =>
  [
    ...violations.map((violation) => remark(violation, 'breaks')),
    ...notes.map((note) => remark(note, 'note')),
    compatible
      ? `Compatible (${mode}).`
      : `Not compatible (${mode}): ${violations.length} violation${violations.length === 1 ? '' : 's'}.`,
  ].join('\n');

const remark = (
  { kind, rule, subject, path, reader, writer, message, remedy }: Remark,
  word: string,
): string =>
  [
    `${word}: ${subject} ${path} ${rule}${kind === 'note' ? '' : ` (${kind})`}`,
    `  ${message}`,
    ...[side('reader', reader), side('writer', writer)].flat(),
    ...(remedy === '' ? [] : [`  remedy: ${remedy}`]),
    '',
  ].join('\n');

const side = (role: string, given: Side | null): readonly string[] =>
  given
    ? [`  ${role} (${given.version}): ${given.file}${given.path && ` at ${given.path}`}: ${given.schema}`]
    : [];
