import { type Rejection } from '../kernel/rejection.js';

/** What an issuer says of the bearer of a token. */
export interface Identity {
  readonly subject: string;
  readonly roles: readonly string[];
  /** As the issuer says it; undefined when it says none. */
  readonly customerId: string | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export type TokenRefusal = Rejection<'TOKEN_INVALID' | 'TOKEN_EXPIRED'>;

export interface IssuerStatus {
  readonly issuer: string;
  /** Whether its keys are at hand: without them no token can be judged. */
  readonly keys: 'known' | 'missing';
  /** Why the keys could not be fetched when they last were wanted; null when they could. */
  readonly lastFailure: string | null;
}

export interface TokenVerifier {
  readonly status: IssuerStatus;
  /** @throws IssuerUnavailable when nobody can tell: the keys cannot be had. */
  verify(token: string): Promise<Identity | TokenRefusal>;
  close(): void;
}

export class IssuerUnavailable extends Error {
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
    cause: unknown,
  ) {
    super(message, { cause });
    this.name = 'IssuerUnavailable';
  }
}
