import { randomUUID } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type DomainEvent } from '../kernel/decider.js';
import { type Position } from '../kernel/envelope.js';
import { isRejection, type Rejection } from '../kernel/rejection.js';
import { type CommandContext } from '../execution/command-context.js';
import { type Accepted } from '../execution/command-executor.js';
import { derivedId } from '../execution/derived-id.js';
import { consistencyToken } from '../projections/consistency.js';
import { type Caller, callerOf } from './caller.js';
import { problem, ProblemException } from './problem.js';
import { type RejectionCode, rejectionStatus } from './rejection-status.js';
import { commandContext, consistencyHeader, idempotencyKey, lastEventId } from './request-context.js';

/** A request and the reply to it, in the words of the controllers. */
export class Exchange {
  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
  ) {}

  get caller(): Caller {
    return callerOf(this.request);
  }

  /** Who asks, under which key, having seen which revision. `input` is what makes a request the same request. */
  context(input: unknown): CommandContext {
    return commandContext(this.request, input);
  }

  /** For what the request makes: the same key must lead to the same thing, whoever answers the second time. */
  newId(...kind: readonly string[]): string {
    const key = idempotencyKey(this.request);
    const { keys } = this.caller;
    if (key === undefined) return randomUUID();
    return keys === undefined ? derivedId(...kind, key) : derivedId(...kind, keys, key);
  }

  /** Of the write that the query must see. */
  get token(): string | undefined {
    return consistencyHeader(this.request);
  }

  /** After which event a stream is to go on. */
  get lastEventId(): Position | undefined {
    return lastEventId(this.request);
  }

  /** What was accepted, its revision and position told in the headers; a refusal ends the request. */
  accepted<Event extends DomainEvent, State>(
    outcome: Accepted<Event, State> | Rejection<RejectionCode>,
  ): Accepted<Event, State> {
    const accepted = orRefuse(outcome);
    this.revision(accepted.revision);
    if (accepted.position !== undefined) this.position(accepted.position);
    return accepted;
  }

  /** The revision to name in If-Match when changing what is answered. */
  revision(revision: number): void {
    void this.reply.header('etag', `"${revision}"`);
  }

  /** What a query must have got to in order to see what is answered. */
  position(position: Position): void {
    void this.reply.header('consistency-token', consistencyToken(position));
  }

  /** 201: it is there now. 202: it will be. */
  answerAt(location: string, status: 201 | 202): void {
    void this.reply.status(status).header('location', location);
  }
}

/** The exchange that a route deals with. */
export const Http = createParamDecorator((_: unknown, context: ExecutionContext): Exchange => {
  const http = context.switchToHttp();
  return new Exchange(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
});

/** What was accepted, or the end of the request with the problem document of the refusal. */
export const orRefuse = <Event extends DomainEvent, State>(
  outcome: Accepted<Event, State> | Rejection<RejectionCode>,
): Accepted<Event, State> => {
  if (!isRejection(outcome)) return outcome;
  throw refusalOf(outcome);
};

export const refusalOf = ({ code, detail, path }: Rejection<RejectionCode>): ProblemException => {
  const errors = path === undefined ? [] : [{ path, message: detail }];
  return new ProblemException(problem(rejectionStatus[code], code, detail, errors));
};
