/**
 * A refusal is a value, not an exception: the command was understood and the domain says no.
 * `code` is stable and part of the public contract; `detail` is for people; `path` names the field at fault.
 */
export interface Rejection<Code extends string = string> {
  readonly rejected: true;
  readonly code: Code;
  readonly detail: string;
  readonly path?: string;
}

export const reject = <Code extends string>(code: Code, detail: string, path?: string): Rejection<Code> =>
  path === undefined ? { rejected: true, code, detail } : { rejected: true, code, detail, path };

export const isRejection = (value: unknown): value is Rejection =>
  typeof value === 'object' && value !== null && 'rejected' in value && value.rejected === true;
