import { type DeadLetter, type FailureGroup } from '../ports/dead-letters.js';
import { type ShownValue } from './dead-letter-desk.js';

/** How dead letters are shown in JSON, by HTTP and on the command line. */
export const toGroup = ({ eventType: type, errorClass: error, ...group }: FailureGroup) => {
  const { fingerprint: failure, firstFailedAt, lastFailedAt, example, ...rest } = group;
  return {
    failure,
    error,
    type,
    ...rest,
    firstFailedAt: isoOf(firstFailedAt),
    lastFailedAt: isoOf(lastFailedAt),
    example,
  };
};

export const toSummary = ({ failure, message, ...letter }: DeadLetter) => ({
  id: letter.id,
  group: letter.group,
  topic: message.topic,
  partition: message.partition,
  offset: message.offset,
  key: message.key?.toString() ?? null,
  eventId: letter.eventId,
  type: letter.eventType,
  state: letter.state,
  error: failure?.errorClass ?? null,
  message: failure?.message ?? null,
  failure: failure?.fingerprint ?? null,
  attempts: letter.attempts,
  parkedAt: isoOf(letter.parkedAt),
  firstFailedAt: letter.firstFailedAt === null ? null : isoOf(letter.firstFailedAt),
  lastFailedAt: letter.lastFailedAt === null ? null : isoOf(letter.lastFailedAt),
});

export const toDetails = (letter: DeadLetter, value: ShownValue) => ({
  ...toSummary(letter),
  timestamp: isoOf(letter.message.timestamp),
  cause: letter.failure?.causeClass ?? null,
  stack: letter.failure?.stack ?? null,
  headers: letter.message.headers.map(([name, value]) => ({ name, value: value.toString() })),
  value,
  valueBase64: letter.message.value?.toString('base64') ?? null,
});

const isoOf = (ms: number): string => new Date(ms).toISOString();
