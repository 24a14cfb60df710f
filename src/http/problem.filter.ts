import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Logger } from '../ports/logger.js';
import { MailUnavailable } from '../ports/mailer.js';
import { OutcomeUnknown, StorageUnavailable } from '../ports/storage.js';
import { IssuerUnavailable } from '../ports/token-verifier.js';
import { InvalidCursor, ViewDropped } from '../ports/views.js';
import { Contention } from '../execution/command-executor.js';
import { InvalidConsistencyToken, ViewBehind, ViewUnbuilt } from '../projections/serving-views.js';
import { Overloaded } from './admission.js';
import { StreamRefused } from './event-streams.js';
import { badRequest, type Problem, problem, ProblemException } from './problem.js';

/** Every error leaves as a problem document; what nobody foresaw is logged and says nothing of its inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { problem: body, headers } = toProblem(error);
    const { method } = request;
    // What is asked for behind the path may be anything.
    const [url] = request.url.split('?', 1);
    if (isPassing(error)) this.logger.warn({ method, url, code: body.code }, body.detail);
    else if (body.status >= 500 && !isToldTogether(error))
      this.logger.error({ err: error, method, url, code: body.code }, body.detail);
    void reply.status(body.status).headers(headers).type('application/problem+json').send(body);
  }
}

export const toProblem = (error: unknown): ProblemException => {
  if (error instanceof ProblemException) return error;
  if (error instanceof InvalidCursor) return badRequest('INVALID_CURSOR', error.message, 'cursor');
  if (error instanceof InvalidConsistencyToken) {
    return badRequest('INVALID_CONSISTENCY_TOKEN', error.message, 'Consistency-Token');
  }
  if (error instanceof ViewBehind) {
    return new ProblemException(problem(503, 'VIEW_BEHIND', error.message), { 'retry-after': '1' });
  }
  if (error instanceof ViewUnbuilt) {
    return new ProblemException(problem(503, 'VIEW_UNBUILT', error.message), { 'retry-after': '2' });
  }
  if (error instanceof ViewDropped) {
    return new ProblemException(problem(503, 'VIEW_SWITCHED', error.message), { 'retry-after': '1' });
  }
  if (error instanceof Contention) {
    return new ProblemException(problem(503, 'CONTENTION', error.message), { 'retry-after': '1' });
  }
  if (error instanceof StreamRefused) {
    const { code, message, retryAfterSeconds } = error;
    return new ProblemException(problem(503, code, message), { 'retry-after': String(retryAfterSeconds) });
  }
  if (error instanceof IssuerUnavailable) {
    const { message, retryAfterSeconds } = error;
    return new ProblemException(problem(503, 'ISSUER_UNAVAILABLE', message), {
      'retry-after': String(retryAfterSeconds),
    });
  }
  if (error instanceof StorageUnavailable) {
    const detail =
      error instanceof OutcomeUnknown
        ? 'The store has not answered; whether it was written is unknown. Send the same request again later, ' +
          'with the same Idempotency-Key.'
        : 'The store cannot be written at present; nothing was. Send the same request again later.';
    return new ProblemException(problem(503, 'STORAGE_UNAVAILABLE', detail), { 'retry-after': '5' });
  }
  if (error instanceof MailUnavailable) {
    const detail =
      'The mail server cannot be reached at present; nothing was sent. Send the same request again later.';
    return new ProblemException(problem(503, 'MAIL_UNAVAILABLE', detail), { 'retry-after': '5' });
  }
  const status = error instanceof Error ? statusOf(error) : undefined;
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500) {
    return new ProblemException(httpProblem(status, error.message));
  }
  return new ProblemException(
    problem(
      500,
      'INTERNAL',
      'The request failed inside the service. It was logged; it is safe to send it again.',
    ),
  );
};

/** What goes away by itself soon, and is no fault. */
const isPassing = (error: unknown): boolean =>
  [ViewBehind, ViewUnbuilt, ViewDropped, Contention].some((kind) => error instanceof kind);

const statusOf = (error: Error): unknown =>
  error instanceof HttpException ? error.getStatus() : 'statusCode' in error && error.statusCode;

/** What the web framework refuses before a controller sees it. */
const httpProblem = (status: number, detail: string): Problem => {
  if (status === 415) {
    return problem(
      status,
      'UNSUPPORTED_MEDIA_TYPE',
      'Send JSON, with the header content-type: application/json.',
    );
  }
  if (status === 404) {
    return problem(status, 'NO_SUCH_ROUTE', 'There is nothing at this address for this method: see /docs.');
  }
  const codes: Readonly<Record<number, string>> = {
    400: 'MALFORMED_REQUEST',
    413: 'BODY_TOO_LARGE',
    414: 'URL_TOO_LONG',
  };
  return problem(status, codes[status] ?? 'REQUEST_REFUSED', detail);
};

/** Thousands of clients may be refused at once; and of the issuer, the fetch of its keys is logged. */
const isToldTogether = (error: unknown): boolean =>
  error instanceof Overloaded || error instanceof StreamRefused || error instanceof IssuerUnavailable;
