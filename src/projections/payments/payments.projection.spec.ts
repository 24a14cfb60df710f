import { describe, expect, it } from '@jest/globals';
import { type PaymentEvent } from '../../domains/payment/contract.js';
import { money } from '../../kernel/money.js';
import { refold } from '../refold.js';
import { history, instant, on } from '../testing/history.js';
import { paymentsProjection } from './payments.projection.js';

const ids = { paymentId: 'p', orderId: 'o' };
const eur = (amountMinor: number) => money(amountMinor, 'EUR');
const requested: PaymentEvent = {
  type: 'PaymentRequested',
  data: { ...ids, customerId: 'ann', amount: eur(900), method: 'card' },
};
const authorised: PaymentEvent = {
  type: 'PaymentAuthorised',
  data: { ...ids, amount: eur(900), authorisationId: 'a' },
};
const captured: PaymentEvent = { type: 'PaymentCaptured', data: { ...ids, amount: eur(800) } };
const refunded = (refundId: string, amount: number): PaymentEvent => ({
  type: 'PaymentRefunded',
  data: { ...ids, refundId, amount: eur(amount), reason: null },
});

const after = (...events: readonly PaymentEvent[]) =>
  refold(paymentsProjection, history(...events.map((event) => on('payment-p', event)))).get('p');

const blank = {
  ...ids,
  customerId: 'ann',
  method: 'card',
  amount: eur(900),
  authorised: eur(0),
  captured: eur(0),
  refunded: eur(0),
  decline: null,
  refunds: [],
};

describe('payments', () => {
  it('is requested, then declined, or authorised and voided', () => {
    expect(after(requested)).toStrictEqual({ ...blank, status: 'requested', revision: 0 });
    expect(
      after(requested, { type: 'PaymentDeclined', data: { ...ids, code: 'no_funds', detail: 'No funds' } }),
    ).toStrictEqual({
      ...blank,
      status: 'declined',
      decline: { code: 'no_funds', detail: 'No funds' },
      revision: 1,
    });
    expect(after(requested, authorised)).toStrictEqual({
      ...blank,
      status: 'authorised',
      authorised: eur(900),
      revision: 1,
    });
    expect(
      after(requested, authorised, { type: 'PaymentVoided', data: { ...ids, amount: eur(900) } }),
    ).toStrictEqual({ ...blank, status: 'voided', authorised: eur(900), revision: 2 });
  });

  it('is captured and refunded in parts', () => {
    const taken = { ...blank, authorised: eur(900), captured: eur(800) };
    const refund = (refundId: string, amount: number, second: number) => ({
      refundId,
      amount: eur(amount),
      reason: null,
      at: instant(second),
    });
    const facts = [requested, authorised, captured, refunded('r1', 300), refunded('r2', 500)];
    expect(after(...facts.slice(0, 3))).toStrictEqual({ ...taken, status: 'captured', revision: 2 });
    expect(after(...facts.slice(0, 4))).toStrictEqual({
      ...taken,
      status: 'partially_refunded',
      refunded: eur(300),
      refunds: [refund('r1', 300, 3)],
      revision: 3,
    });
    expect(after(...facts)).toStrictEqual({
      ...taken,
      status: 'refunded',
      refunded: eur(800),
      refunds: [refund('r1', 300, 3), refund('r2', 500, 4)],
      revision: 4,
    });
  });
});
