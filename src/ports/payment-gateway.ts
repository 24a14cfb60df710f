import { type Money } from '../kernel/money.js';

export interface AuthorisationRequest {
  /** Also the gateway's idempotency key: asking again for the same payment gives the first answer again. */
  readonly paymentId: string;
  readonly amount: Money;
  /** The payment-method token that the order named. */
  readonly method: string;
}

export type AuthorisationAnswer =
  | { readonly answer: 'approved'; readonly authorisationId: string }
  | { readonly answer: 'declined'; readonly code: string; readonly detail: string };

/** The company that moves the money. Every call may be repeated. */
export interface PaymentGateway {
  /**
   * Asks for an authorisation. Answers go to `answered`: late, twice or never, as with a web hook. Resolves when
   * the first answer has been dealt with or the signal ends the wait, whichever comes first.
   */
  authorise(
    request: AuthorisationRequest,
    answered: (answer: AuthorisationAnswer) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  void(paymentId: string): Promise<void>;
  capture(paymentId: string, amount: Money): Promise<void>;
  refund(paymentId: string, refundId: string, amount: Money): Promise<void>;
}
