import { type EventVersions } from '../../../kernel/decider.js';
import { type Money } from '../../../kernel/money.js';

interface Payment {
  paymentId: string;
  orderId: string;
}

/** The facts of one payment, in stream `payment-<paymentId>`. */
export type PaymentEvent =
  | { type: 'PaymentRequested'; data: Payment & { customerId: string; amount: Money; method: string } }
  | { type: 'PaymentAuthorised'; data: Payment & { amount: Money; authorisationId: string } }
  | { type: 'PaymentDeclined'; data: Payment & { code: string; detail: string } }
  | { type: 'PaymentCaptured'; data: Payment & { amount: Money } }
  | { type: 'PaymentVoided'; data: Payment & { amount: Money } }
  | { type: 'PaymentRefunded'; data: Payment & { refundId: string; amount: Money; reason: string | null } };

export const paymentCategory = 'payment';

export const paymentEvents: EventVersions<PaymentEvent> = {
  PaymentRequested: { current: 1 },
  PaymentAuthorised: { current: 1 },
  PaymentDeclined: { current: 1 },
  PaymentCaptured: { current: 1 },
  PaymentVoided: { current: 1 },
  PaymentRefunded: { current: 1 },
};
