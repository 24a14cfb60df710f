import { z } from 'zod';
import { type DeadLetterFilter, deadLetterStates } from '../ports/dead-letters.js';

const name = z.string().min(1).max(500);
const instant = z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-01-31T12:00:00Z' });

/** The filters as people name them, on the command line and in HTTP. */
export const filterShape = {
  group: name.optional(),
  topic: name.optional(),
  key: name.optional(),
  /** Of the event. */
  type: name.optional(),
  /** Class of the error. */
  error: name.optional(),
  /** Fingerprint of a failure. */
  failure: name.optional(),
  since: instant.optional(),
  until: instant.optional(),
  state: z.enum(deadLetterStates, `must be one of ${deadLetterStates.join(', ')}`).optional(),
};

export type NamedFilter = z.infer<z.ZodObject<typeof filterShape>> & {
  readonly ids?: readonly string[] | undefined;
};

export const toFilter = ({ type, error, since, until, ...same }: NamedFilter): DeadLetterFilter => {
  const { ids, group, topic, key, failure, state } = same;
  return {
    ...{ ids, group, topic, key, failure, state, eventType: type, errorClass: error },
    since: since === undefined ? undefined : Date.parse(since),
    until: until === undefined ? undefined : Date.parse(until),
  };
};

/** No filter leaves anything out: whoever means that has to say so. */
export const meansAll = (filter: DeadLetterFilter): boolean =>
  Object.values(filter).every((value) => value === undefined);
