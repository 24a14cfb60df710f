import { type Discarded, type Redriven, type ShownValue } from '../../consumers/dead-letter-desk.js';
import { type DeadLetter, type DeadLetterCounts, type FailureGroup } from '../../ports/dead-letters.js';
import { clean, indent, table } from '../text.js';

export const groupTable = (groups: readonly FailureGroup[], total: DeadLetterCounts): string => {
  if (total.failed + total.due + total.waiting === 0) return 'There are no dead letters.';
  const rows = groups.map((group) => [
    group.fingerprint,
    String(group.failed),
    String(group.waiting),
    instant(group.lastFailedAt),
    group.group,
    group.eventType ?? '-',
    clean(`${group.errorClass}: ${group.message}`),
  ]);
  const heading = ['FAILURE', 'FAILED', 'BEHIND', 'LAST', 'GROUP', 'EVENT', 'ERROR'];
  return `${table([heading, ...rows])}\n\n${summary(total)}`;
};

export const messageTable = (letters: readonly DeadLetter[], hasMore: boolean): string => {
  if (letters.length === 0) return 'There are no dead letters like this.';
  const rows = letters.map((letter) => [
    letter.id,
    letter.state,
    String(letter.attempts),
    instant(letter.lastFailedAt ?? letter.parkedAt),
    letter.group,
    letter.message.key === null ? '-' : clean(letter.message.key.toString()),
    letter.eventType ?? '-',
    letter.failure === null ? '-' : clean(`${letter.failure.errorClass}: ${letter.failure.message}`),
  ]);
  const heading = ['ID', 'STATE', 'ATTEMPTS', 'LAST', 'GROUP', 'KEY', 'EVENT', 'ERROR'];
  const more = hasMore ? '\n\nThere are more: --limit shows them.' : '';
  return `${table([heading, ...rows])}${more}`;
};

export const letterText = (letter: DeadLetter, value: ShownValue): string => {
  const { message, failure } = letter;
  const fields: readonly (readonly [string, string])[] = [
    ['id', letter.id],
    ['state', letter.state],
    ['group', letter.group],
    ['from', `${message.topic}, partition ${message.partition}, offset ${message.offset}`],
    ['written', instant(message.timestamp)],
    ['key', message.key === null ? '-' : clean(message.key.toString())],
    ['event', `${letter.eventType ?? '-'} ${letter.eventId}`],
    ['parked', instant(letter.parkedAt)],
    ...(failure === null || letter.firstFailedAt === null || letter.lastFailedAt === null
      ? []
      : ([
          ['attempts', String(letter.attempts)],
          ['failed', `first ${instant(letter.firstFailedAt)}, last ${instant(letter.lastFailedAt)}`],
          ['failure', failure.fingerprint],
          ['error', clean(`${failure.errorClass}: ${failure.message}`, failure.message.length + 200)],
        ] as const)),
  ];
  const headers = message.headers.map(([name, bytes]) => `  ${clean(name)}: ${clean(bytes.toString())}`);
  const shown =
    'undecodable' in value
      ? [
          `  cannot be decoded: ${clean(value.undecodable)}`,
          `  base64: ${message.value?.toString('base64') ?? '-'}`,
        ]
      : [`  ${value.recordName}, schema ${value.schemaId}`, indent(JSON.stringify(value.record, null, 2))];
  return [
    ...fields.map(([name, text]) => `${name.padEnd(10)}${text}`),
    'headers',
    ...headers,
    'value',
    ...shown,
    ...(failure === null ? [] : ['stack', indent(failure.stack)]),
  ].join('\n');
};

export const redrivenText = ({ dryRun, redriven, following, due, waiting, idleGroups }: Redriven): string => {
  const sentences = [
    dryRun
      ? `${messages(redriven)} would be redriven, and ${following} behind would follow.`
      : `${messages(redriven)} ${redriven === 1 ? 'is' : 'are'} redriven; ${following} behind will follow.`,
  ];
  if (due > 0) sentences.push(`${messages(due)} ${due === 1 ? 'was' : 'were'} due already.`);
  if (redriven === 0 && waiting > 0) {
    sentences.push(`${messages(waiting)} can only follow the failed ones of their keys: redrive those.`);
  }
  for (const group of idleGroups) {
    sentences.push(`No consumer of ${group} is running: it is done when one does.`);
  }
  return sentences.join('\n');
};

export const discardedText = ({ dryRun, discarded }: Discarded): string => {
  if (dryRun) return `${messages(discarded)} would be discarded; what is behind would go on.`;
  return `${messages(discarded)} discarded; what is behind goes on.`;
};

const summary = ({ failed, due, waiting }: DeadLetterCounts): string =>
  `${messages(failed)} failed, ${due} due, ${waiting} waiting behind others of their keys`;

const messages = (count: number): string => `${count} ${count === 1 ? 'message' : 'messages'}`;

const instant = (ms: number): string => new Date(ms).toISOString();
