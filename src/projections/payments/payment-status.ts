import { type PaymentEvent } from '../../domains/payment/contract.js';

export type PaymentStatus =
  'requested' | 'authorised' | 'declined' | 'captured' | 'voided' | 'partially_refunded' | 'refunded';

/** What was taken and what was given back, in minor units of the payment's currency. */
export interface Settlement {
  readonly captured: number;
  readonly refunded: number;
}

/** The payment's status after its event; `settlement` includes the event. */
export const paymentStatus = (
  type: PaymentEvent['type'],
  { captured, refunded }: Settlement,
): PaymentStatus => {
  switch (type) {
    case 'PaymentRequested':
      return 'requested';
    case 'PaymentAuthorised':
      return 'authorised';
    case 'PaymentDeclined':
      return 'declined';
    case 'PaymentCaptured':
      return 'captured';
    case 'PaymentVoided':
      return 'voided';
    case 'PaymentRefunded':
      return refunded < captured ? 'partially_refunded' : 'refunded';
  }
};

export const settled = ({ captured, refunded }: Settlement, { type, data }: PaymentEvent): Settlement => {
  if (type === 'PaymentCaptured') return { captured: captured + data.amount.amountMinor, refunded };
  if (type === 'PaymentRefunded') return { captured, refunded: refunded + data.amount.amountMinor };
  return { captured, refunded };
};
