import { type Aggregate } from '../../../kernel/decider.js';
import { compareMoney, type Money, plus, sameMoney, zero } from '../../../kernel/money.js';
import { reject, type Rejection } from '../../../kernel/rejection.js';
import { paymentCategory, type PaymentEvent, paymentEvents } from './payment.events.js';

export type PaymentCommand =
  | ({ do: 'request' } & Request)
  /** The gateway's answers: they may come late, twice or never; the first one counts. */
  | { do: 'recordApproval'; paymentId: string; authorisationId: string }
  | { do: 'recordDecline'; paymentId: string; code: string; detail: string }
  | { do: 'capture'; paymentId: string; amount: Money }
  | { do: 'void'; paymentId: string }
  | { do: 'refund'; paymentId: string; refundId: string; amount: Money; reason: string | null };

interface Request {
  readonly paymentId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly amount: Money;
  readonly method: string;
}

export type PaymentState =
  | { readonly is: 'absent' }
  | { readonly is: 'requested' | 'authorised' | 'declined'; readonly request: Request }
  /** `answered`: an authorisation was voided, so nothing more is to come of it. */
  | { readonly is: 'voided'; readonly request: Request; readonly answered: boolean }
  | {
      readonly is: 'captured';
      readonly request: Request;
      readonly captured: Money;
      readonly refunded: Money;
      readonly refundIds: readonly string[];
    };

export type PaymentRejection = Rejection<
  | 'PAYMENT_NOT_FOUND'
  | 'PAYMENT_EXISTS'
  | 'AMOUNT_INVALID'
  | 'CURRENCY_MISMATCH'
  | 'PAYMENT_NOT_AUTHORISED'
  | 'CAPTURE_EXCEEDS_AUTHORISED'
  | 'PAYMENT_CAPTURED'
  | 'PAYMENT_NOT_CAPTURED'
  | 'REFUND_EXCEEDS_CAPTURED'
>;

const decide = (command: PaymentCommand, state: PaymentState): readonly PaymentEvent[] | PaymentRejection => {
  const { paymentId } = command;
  if (command.do === 'request') return request(command, state);
  if (state.is === 'absent') return reject('PAYMENT_NOT_FOUND', `There is no payment ${paymentId}.`);
  const { orderId, amount: requested } = state.request;
  switch (command.do) {
    case 'recordApproval': {
      const { authorisationId } = command;
      const authorised: PaymentEvent = {
        type: 'PaymentAuthorised',
        data: { paymentId, orderId, amount: requested, authorisationId },
      };
      if (state.is === 'requested') return [authorised];
      // The void came before the answer: the money must not stay taken.
      return state.is === 'voided' && !state.answered ? [authorised, voided(state.request)] : [];
    }
    case 'recordDecline': {
      const { code, detail } = command;
      return state.is === 'requested'
        ? [{ type: 'PaymentDeclined', data: { paymentId, orderId, code, detail } }]
        : [];
    }
    case 'capture': {
      const { amount } = command;
      if (state.is === 'captured') {
        return sameMoney(amount, state.captured)
          ? []
          : reject('PAYMENT_CAPTURED', `Payment ${paymentId} is captured with ${text(state.captured)}.`);
      }
      if (state.is !== 'authorised') {
        return reject('PAYMENT_NOT_AUTHORISED', `Payment ${paymentId} is ${state.is}: nothing to capture.`);
      }
      const invalid = refuseAmount(amount, requested);
      if (invalid) return invalid;
      return compareMoney(amount, requested) > 0
        ? reject(
            'CAPTURE_EXCEEDS_AUTHORISED',
            `${text(amount)} cannot be captured, ${text(requested)} are authorised.`,
            'amount',
          )
        : [{ type: 'PaymentCaptured', data: { paymentId, orderId, amount } }];
    }
    case 'void':
      switch (state.is) {
        case 'requested':
        case 'authorised':
          return [voided(state.request)];
        case 'declined':
        case 'voided':
          return [];
        case 'captured':
          return reject('PAYMENT_CAPTURED', `Payment ${paymentId} is captured: it can only be refunded.`);
      }
    case 'refund': {
      const { refundId, amount, reason } = command;
      if (state.is !== 'captured') {
        return reject('PAYMENT_NOT_CAPTURED', `Payment ${paymentId} is ${state.is}: nothing to refund.`);
      }
      if (state.refundIds.includes(refundId)) return [];
      const invalid = refuseAmount(amount, requested);
      if (invalid) return invalid;
      const { captured, refunded } = state;
      return amount.amountMinor > captured.amountMinor - refunded.amountMinor
        ? reject(
            'REFUND_EXCEEDS_CAPTURED',
            `${text(amount)} cannot be refunded: of ${text(captured)} captured ${text(refunded)} are refunded.`,
            'amount',
          )
        : [{ type: 'PaymentRefunded', data: { paymentId, orderId, refundId, amount, reason } }];
    }
  }
};

const request = (
  { paymentId, orderId, customerId, amount, method }: Request,
  state: PaymentState,
): readonly PaymentEvent[] | PaymentRejection => {
  if (state.is === 'absent') {
    return (
      refuseAmount(amount, amount) ?? [
        { type: 'PaymentRequested', data: { paymentId, orderId, customerId, amount, method } },
      ]
    );
  }
  return state.request.orderId === orderId && sameMoney(state.request.amount, amount)
    ? []
    : reject(
        'PAYMENT_EXISTS',
        `Payment ${paymentId} is one of ${text(state.request.amount)} for order ${state.request.orderId}.`,
        'paymentId',
      );
};

const voided = ({ paymentId, orderId, amount }: Request): PaymentEvent => ({
  type: 'PaymentVoided',
  data: { paymentId, orderId, amount },
});

const refuseAmount = (amount: Money, expected: Money): PaymentRejection | undefined => {
  if (!Number.isSafeInteger(amount.amountMinor) || amount.amountMinor <= 0) {
    return reject('AMOUNT_INVALID', `${text(amount)} is not an amount to be paid.`, 'amount');
  }
  return amount.currency === expected.currency
    ? undefined
    : reject(
        'CURRENCY_MISMATCH',
        `The payment is in ${expected.currency}, not ${amount.currency}.`,
        'amount',
      );
};

const text = ({ amountMinor, currency }: Money): string => `${amountMinor} ${currency} (minor units)`;

const evolve = (state: PaymentState, event: PaymentEvent): PaymentState => {
  if (event.type === 'PaymentRequested') {
    return state.is === 'absent' ? { is: 'requested', request: event.data } : state;
  }
  if (state.is === 'absent') return state;
  const { request } = state;
  switch (event.type) {
    case 'PaymentAuthorised':
      return state.is === 'requested' || (state.is === 'voided' && !state.answered)
        ? { is: 'authorised', request }
        : state;
    case 'PaymentDeclined':
      return state.is === 'requested' ? { is: 'declined', request } : state;
    case 'PaymentVoided':
      return state.is === 'requested' || state.is === 'authorised'
        ? { is: 'voided', request, answered: state.is === 'authorised' }
        : state;
    case 'PaymentCaptured': {
      const captured = event.data.amount;
      return state.is === 'authorised'
        ? { is: 'captured', request, captured, refunded: zero(captured.currency), refundIds: [] }
        : state;
    }
    case 'PaymentRefunded': {
      const { refundId, amount } = event.data;
      if (state.is !== 'captured' || state.refundIds.includes(refundId)) return state;
      return { ...state, refunded: plus(state.refunded, amount), refundIds: [...state.refundIds, refundId] };
    }
  }
};

export const payment: Aggregate<PaymentCommand, PaymentEvent, PaymentState, PaymentRejection> = {
  category: paymentCategory,
  events: paymentEvents,
  decider: { initial: { is: 'absent' }, decide, evolve },
};
