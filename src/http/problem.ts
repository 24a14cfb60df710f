import { STATUS_CODES } from 'node:http';

export interface FieldError {
  /** Where in the request: `items[0].quantity`, a header or a query parameter. */
  readonly path: string;
  readonly message: string;
}

/** RFC 9457 problem document; `code` is stable, `detail` is for people. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors: readonly FieldError[];
}

export const problem = (
  status: number,
  code: string,
  detail: string,
  errors: readonly FieldError[] = [],
): Problem => ({
  type: `urn:problem:${code.toLowerCase().replaceAll('_', '-')}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
  errors,
});

/** Ends a request with a problem document. */
export class ProblemException extends Error {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem.detail);
    this.name = 'ProblemException';
  }
}

export const badRequest = (code: string, detail: string, path: string): ProblemException =>
  new ProblemException(problem(400, code, detail, [{ path, message: detail }]));

export const notFound = (what: string, id: string): ProblemException =>
  new ProblemException(problem(404, `${what.toUpperCase()}_NOT_FOUND`, `There is no ${what} ${id}.`));
