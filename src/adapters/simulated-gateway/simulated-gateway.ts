import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AuthorisationAnswer,
  type AuthorisationRequest,
  type PaymentGateway,
} from '../../ports/payment-gateway.js';

type Behaviour = (answer: Answer, signal: AbortSignal) => Promise<void>;
type Answer = (answer?: AuthorisationAnswer) => Promise<void>;

const declined = (code: string, detail: string): AuthorisationAnswer => ({
  answer: 'declined',
  code,
  detail,
});

/**
 * A gateway that moves no money. What it answers follows from the payment-method token alone, so it has nothing to
 * remember and answers the same after a restart (docs/api.md lists the tokens).
 */
export class SimulatedGateway implements PaymentGateway {
  private readonly behaviours: Readonly<Record<string, Behaviour>>;

  constructor({ slowAnswerMs }: { readonly slowAnswerMs: number }) {
    this.behaviours = {
      tok_approve: (answer) => answer(),
      tok_decline_insufficient_funds: (answer) =>
        answer(declined('INSUFFICIENT_FUNDS', 'The account does not cover the amount.')),
      tok_decline_expired_card: (answer) => answer(declined('EXPIRED_CARD', 'The card has expired.')),
      tok_slow: async (answer, signal) => {
        // A late answer comes all the same: giving up is the caller's affair.
        const late = delay(slowAnswerMs, undefined, { ref: false }).then(() => answer());
        await Promise.race([late, aborted(signal)]);
      },
      tok_timeout: (_answer, signal) => aborted(signal),
      tok_twice: async (answer) => {
        await answer();
        await answer();
      },
    };
  }

  authorise(
    { paymentId, method }: AuthorisationRequest,
    answered: (answer: AuthorisationAnswer) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const approved: AuthorisationAnswer = {
      answer: 'approved',
      authorisationId: authorisationIdOf(paymentId),
    };
    const behaviour = Object.hasOwn(this.behaviours, method) ? this.behaviours[method] : undefined;
    const unknown = declined('UNKNOWN_PAYMENT_METHOD', `The gateway knows no payment method ${method}.`);
    return behaviour === undefined
      ? answered(unknown)
      : behaviour((answer = approved) => answered(answer), signal);
  }

  void(): Promise<void> {
    return Promise.resolve();
  }

  capture(): Promise<void> {
    return Promise.resolve();
  }

  refund(): Promise<void> {
    return Promise.resolve();
  }
}

const authorisationIdOf = (paymentId: string): string =>
  `auth-${createHash('sha256').update(paymentId).digest('hex').slice(0, 16)}`;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
