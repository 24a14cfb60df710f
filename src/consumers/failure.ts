import { hash } from 'node:crypto';
import { type Failure } from '../ports/dead-letters.js';
import { Undecodable } from '../wire/undecodable.js';

/** Its key or its headers are not those of an event on its topic. */
export class ForeignMessage extends Undecodable {
  override readonly name = 'ForeignMessage';
}

const longestMessage = 2_000;
const longestStack = 8_000;

export const failureOf = (error: unknown, eventType: string | null, attempts: number): Failure => {
  const errorClass = classOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return {
    errorClass,
    causeClass: cause === undefined ? null : classOf(cause),
    message: text.slice(0, longestMessage),
    stack: stackOf(error).slice(0, longestStack),
    fingerprint: fingerprintOf(errorClass, eventType, text),
    attempts,
  };
};

/** Whatever contains a digit tells one message from the next, not one failure from another. */
const fingerprintOf = (errorClass: string, eventType: string | null, text: string): string => {
  const shape = text.slice(0, longestMessage).replace(/[\w.:-]*\d[\w.:-]*/g, '#');
  return hash('sha256', [errorClass, eventType ?? '', shape].join('\u0000'), 'hex').slice(0, 12);
};

const classOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error;
  return error.name === 'Error' ? error.constructor.name : error.name;
};

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined ? own : `${own}\nCaused by: ${stackOf(error.cause)}`;
};
