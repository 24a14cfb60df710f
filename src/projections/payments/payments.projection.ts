import { paymentCategory, type PaymentEvent, paymentEvents } from '../../domains/payment/contract.js';
import { type Instant, type Recorded } from '../../kernel/envelope.js';
import { type Money, money, zero } from '../../kernel/money.js';
import { existing, type Projection } from '../projection.js';
import { paymentStatus, type PaymentStatus, settled } from './payment-status.js';

export interface Refund {
  readonly refundId: string;
  readonly amount: Money;
  readonly reason: string | null;
  readonly at: Instant;
}

export interface PaymentDetails {
  readonly paymentId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly method: string;
  readonly status: PaymentStatus;
  readonly amount: Money;
  readonly authorised: Money;
  readonly captured: Money;
  readonly refunded: Money;
  readonly decline: { readonly code: string; readonly detail: string } | null;
  readonly refunds: readonly Refund[];
  readonly revision: number;
}

const requested = ({
  data,
  revision,
}: Extract<Recorded<PaymentEvent>, { type: 'PaymentRequested' }>): PaymentDetails => {
  const { paymentId, orderId, customerId, method, amount } = data;
  const none = zero(amount.currency);
  return {
    paymentId,
    orderId,
    customerId,
    method,
    status: 'requested',
    amount,
    authorised: none,
    captured: none,
    refunded: none,
    decline: null,
    refunds: [],
    revision,
  };
};

/** What only this type of event says. */
const particulars = (
  { refunds }: PaymentDetails,
  { type, data, metadata }: Recorded<PaymentEvent>,
): Partial<PaymentDetails> => {
  switch (type) {
    case 'PaymentAuthorised':
      return { authorised: data.amount };
    case 'PaymentDeclined':
      return { decline: { code: data.code, detail: data.detail } };
    case 'PaymentRefunded': {
      const { refundId, amount, reason } = data;
      return { refunds: [...refunds, { refundId, amount, reason, at: metadata.occurredAt }] };
    }
    case 'PaymentRequested':
    case 'PaymentCaptured':
    case 'PaymentVoided':
      return {};
  }
};

export const paymentsProjection: Projection<PaymentEvent, PaymentDetails> = {
  name: 'payments',
  version: 1,
  reads: { [paymentCategory]: paymentEvents },
  indexes: [['orderId']],
  key: ({ data }) => data.paymentId,
  evolve: (doc, event) => {
    if (event.type === 'PaymentRequested') return requested(event);
    const payment = existing(doc, event);
    const { currency } = payment.amount;
    const settlement = settled(
      { captured: payment.captured.amountMinor, refunded: payment.refunded.amountMinor },
      event,
    );
    return {
      ...payment,
      ...particulars(payment, event),
      status: paymentStatus(event.type, settlement),
      captured: money(settlement.captured, currency),
      refunded: money(settlement.refunded, currency),
      revision: event.revision,
    };
  },
};
