import { hash, randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';
import { type FastifyRequest } from 'fastify';
import { type CommandContext } from '../execution/command-context.js';
import { derivedId } from '../execution/derived-id.js';
import { type Position } from '../kernel/envelope.js';
import { isRejection } from '../kernel/rejection.js';
import { parseConsistencyToken } from '../projections/consistency.js';
import { callerOf } from './caller.js';
import { badRequest } from './problem.js';

/** Who asks, under which key, having seen which revision. `input` is what makes a request the same request. */
export const commandContext = (request: FastifyRequest, input: unknown): CommandContext => {
  const correlationId = correlationIdIn(request.headers);
  // A request that belongs to nothing else is its own beginning.
  const requestId = correlationId === undefined ? request.id : randomUUID();
  const key = idempotencyKey(request);
  const { actor, keys } = callerOf(request);
  const path = request.url.split('?', 1)[0] ?? '';
  return {
    commandId: key === undefined ? requestId : keys === undefined ? key : derivedId(keys, key),
    requestHash:
      key === undefined ? undefined : hash('sha256', `${request.method} ${path} ${JSON.stringify(input)}`),
    correlationId: correlationId ?? requestId,
    causationId: requestId,
    actor,
    traceparent: traceparent(request),
    ifMatch: ifMatch(request),
  };
};

export const idempotencyKey = (request: FastifyRequest): string | undefined => {
  const key = header(request, 'idempotency-key');
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw badRequest('INVALID_IDEMPOTENCY_KEY', 'must be 1 to 255 visible ASCII characters', 'Idempotency-Key');
};

const ifMatch = (request: FastifyRequest): number | undefined => {
  const tag = header(request, 'if-match');
  if (tag === undefined) return undefined;
  const revision = /^"(\d{1,15})"$/.exec(tag)?.[1];
  if (revision !== undefined) return Number(revision);
  throw badRequest('INVALID_IF_MATCH', 'must be one ETag as it was answered, such as "3"', 'If-Match');
};

/** Of everything that follows from the request. Tracing must never refuse one: what is malformed is left out. */
export const correlationIdOf = (headers: IncomingHttpHeaders): string =>
  correlationIdIn(headers) ?? randomUUID();

const correlationIdIn = ({ 'x-correlation-id': id }: IncomingHttpHeaders): string | undefined =>
  typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id) ? id : undefined;

/** https://www.w3.org/TR/trace-context/#traceparent-header */
export const traceparent = (request: FastifyRequest): string | undefined => {
  const parent = header(request, 'traceparent');
  return parent !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(parent)
    ? parent
    : undefined;
};

/** The token of the write that a query must see. */
export const consistencyHeader = (request: FastifyRequest): string | undefined =>
  header(request, 'consistency-token');

/** Of the last event that a client of a stream got before it connected again. */
export const lastEventId = (request: FastifyRequest): Position | undefined => {
  const id = header(request, 'last-event-id');
  const position = id === undefined || id === '' ? undefined : parseConsistencyToken(id);
  if (!isRejection(position)) return position;
  throw badRequest('INVALID_LAST_EVENT_ID', 'must be the id of an event of this stream', 'Last-Event-ID');
};

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};
