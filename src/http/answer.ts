import { type FastifyReply } from 'fastify';
import { type DomainEvent } from '../kernel/decider.js';
import { isRejection, type Rejection } from '../kernel/rejection.js';
import { type Accepted } from '../execution/command-executor.js';
import { consistencyToken } from '../projections/consistency.js';
import { problem, ProblemException } from './problem.js';
import { type RejectionCode, rejectionStatus } from './rejection-status.js';

/** What was accepted, or the end of the request with the problem document of the refusal. */
export const orRefuse = <Event extends DomainEvent, State>(
  outcome: Accepted<Event, State> | Rejection<RejectionCode>,
): Accepted<Event, State> => {
  if (!isRejection(outcome)) return outcome;
  const { code, detail, path } = outcome;
  const errors = path === undefined ? [] : [{ path, message: detail }];
  throw new ProblemException(problem(rejectionStatus[code], code, detail, errors));
};

/** The headers every write answers with: what revision it made, and the token that reads it back. */
export const describeWrite = (
  reply: FastifyReply,
  { revision, position }: Pick<Accepted<DomainEvent, unknown>, 'revision' | 'position'>,
): void => {
  void reply.header('etag', `"${revision}"`);
  if (position !== undefined) void reply.header('consistency-token', consistencyToken(position));
};

/** The revision to name in If-Match when changing what was read. */
export const describeRead = (reply: FastifyReply, revision: number): void => {
  void reply.header('etag', `"${revision}"`);
};

export const created = (reply: FastifyReply, location: string): void => {
  void reply.status(201).header('location', location);
};
