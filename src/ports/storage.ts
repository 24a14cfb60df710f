/** The engine cannot be written now: full, locked or broken. Nothing was acknowledged; trying again is safe. */
export class StorageUnavailable extends Error {
  /** The engine's own, for operators. */
  readonly code: string | undefined;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StorageUnavailable';
    const isCoded =
      typeof cause === 'object' && cause !== null && 'code' in cause && cause.code !== undefined;
    this.code = isCoded ? String(cause.code) : undefined;
  }
}

/**
 * The answer to a write got lost: it may have been done or not. Sending the same again is safe where the port
 * recognises what it has done already.
 */
export class OutcomeUnknown extends StorageUnavailable {
  constructor(message: string, cause: unknown) {
    super(message, cause);
    this.name = 'OutcomeUnknown';
  }
}
