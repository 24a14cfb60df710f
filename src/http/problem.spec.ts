import { BadRequestException, InternalServerErrorException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { UnknownEvent } from '../kernel/envelope.js';
import { reject } from '../kernel/rejection.js';
import { ConcurrencyConflict } from '../ports/event-store.js';
import { MailUnavailable } from '../ports/mailer.js';
import { InvalidCursor } from '../ports/views.js';
import { Contention } from '../execution/command-executor.js';
import { InvalidConsistencyToken, ViewBehind } from '../projections/serving-views.js';
import { orRefuse } from './exchange.js';
import { toProblem } from './problem.filter.js';
import { notFound, problem, ProblemException } from './problem.js';
import { rejectionStatus } from './rejection-status.js';

const secret = 'password=hunter2 at /srv/store.db';
const internal = {
  type: 'urn:problem:internal',
  title: 'Internal Server Error',
  status: 500,
  detail: 'The request failed inside the service. It was logged; it is safe to send it again.',
  code: 'INTERNAL',
  errors: [],
};
const withStatus = (statusCode: unknown, message = secret) =>
  Object.assign(new Error(message), { statusCode });

describe('a problem document', () => {
  it('is what RFC 9457 asks for, and the code', () => {
    expect(
      problem(422, 'OUT_OF_STOCK', 'There are 2.', [{ path: 'items[0]', message: 'too many' }]),
    ).toStrictEqual({
      type: 'urn:problem:out-of-stock',
      title: 'Unprocessable Entity',
      status: 422,
      detail: 'There are 2.',
      code: 'OUT_OF_STOCK',
      errors: [{ path: 'items[0]', message: 'too many' }],
    });
  });

  it.each([
    [notFound('order', 'o-1'), 404, 'ORDER_NOT_FOUND', 'There is no order o-1.', []],
    [new InvalidCursor(), 400, 'INVALID_CURSOR', new InvalidCursor().message, ['cursor']],
    [new InvalidConsistencyToken('No.'), 400, 'INVALID_CONSISTENCY_TOKEN', 'No.', ['Consistency-Token']],
    [
      new ViewBehind('catalog', 50),
      503,
      'VIEW_BEHIND',
      'View catalog has not got to that write within 50 ms. Ask again shortly.',
      [],
    ],
    [
      new Contention('order-1', 3),
      503,
      'CONTENTION',
      'Stream order-1 was changed by others during each of 3 attempts. Send the command again.',
      [],
    ],
    [
      new NotFoundException('Cannot GET /x'),
      404,
      'NO_SUCH_ROUTE',
      'There is nothing at this address for this method: see /docs.',
      [],
    ],
    [new BadRequestException('Odd.'), 400, 'MALFORMED_REQUEST', 'Odd.', []],
    [withStatus(413, 'Too much.'), 413, 'BODY_TOO_LARGE', 'Too much.', []],
    [
      withStatus(415, 'Not JSON.'),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Send JSON, with the header content-type: application/json.',
      [],
    ],
    [withStatus(414, 'Too long.'), 414, 'URL_TOO_LONG', 'Too long.', []],
    [withStatus(405, 'Not that.'), 405, 'REQUEST_REFUSED', 'Not that.', []],
  ])('tells %s', (error, status, code, detail, paths) => {
    const { problem: body, headers } = toProblem(error);
    expect(body).toStrictEqual(
      problem(
        status,
        code,
        detail,
        paths.map((path) => ({ path, message: detail })),
      ),
    );
    expect(headers).toStrictEqual(status === 503 ? { 'retry-after': '1' } : {});
  });

  it('tells how long to wait for mail', () => {
    const { problem: body, headers } = toProblem(new MailUnavailable(secret));
    const detail =
      'The mail server cannot be reached at present; nothing was sent. Send the same request again later.';
    expect(body).toStrictEqual(problem(503, 'MAIL_UNAVAILABLE', detail));
    expect(headers).toStrictEqual({ 'retry-after': '5' });
  });

  it.each([
    new Error(secret),
    new TypeError(secret),
    new InternalServerErrorException(secret),
    withStatus(500),
    withStatus(200),
    withStatus('404'),
    { statusCode: 404, message: secret },
    new ConcurrencyConflict(secret, 1, 2),
    new UnknownEvent({ type: secret, version: 1, stream: 's-1', revision: 0 }, secret, secret),
    secret,
    undefined,
    null,
  ])('says nothing of the inside when nobody foresaw the error: %p', (error) => {
    expect(toProblem(error).problem).toStrictEqual(internal);
  });
});

describe('a refusal', () => {
  const refusal = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      if (error instanceof ProblemException) return error.problem;
      throw error;
    }
  };

  it.each(Object.entries(rejectionStatus))('%s is %i', (code, status) => {
    const known = code as keyof typeof rejectionStatus;
    expect(refusal(() => orRefuse(reject(known, 'No.', 'items')))).toStrictEqual(
      problem(status, code, 'No.', [{ path: 'items', message: 'No.' }]),
    );
    expect(refusal(() => orRefuse(reject(known, 'No.')))).toStrictEqual(problem(status, code, 'No.'));
  });

  it('is 404 exactly when what is addressed is not there', () => {
    const missing = Object.entries(rejectionStatus).filter(([, status]) => status === 404);
    expect(missing.map(([code]) => code)).toStrictEqual(
      Object.keys(rejectionStatus).filter((code) => code.endsWith('_NOT_FOUND')),
    );
  });

  it('is none for what was accepted', () => {
    const accepted = { events: [], state: 1, revision: 0, position: undefined, repeated: false };
    expect(orRefuse(accepted)).toBe(accepted);
  });
});
