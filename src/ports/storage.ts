/** The engine cannot be written now: full, locked or broken. Nothing was acknowledged; trying again is safe. */
export class StorageUnavailable extends Error {
  /** The engine's own, for operators. */
  readonly code: string | undefined;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StorageUnavailable';
    this.code =
      typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
  }
}
