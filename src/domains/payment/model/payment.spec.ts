import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fold } from '../../../kernel/decider.js';
import { isRejection } from '../../../kernel/rejection.js';
import { given } from '../../../testing/given-when-then.js';
import { payment, type PaymentCommand } from './payment.decider.js';
import { type PaymentEvent } from './payment.events.js';

const paymentId = 'p1';
const orderId = 'o1';
const ids = { paymentId, orderId };
const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
const usd = (amountMinor: number) => ({ amountMinor, currency: 'USD' });
const asked = { ...ids, customerId: 'ada', amount: eur(1000), method: 'card' };

const requested: PaymentEvent = { type: 'PaymentRequested', data: asked };
const authorised: PaymentEvent = {
  type: 'PaymentAuthorised',
  data: { ...ids, amount: eur(1000), authorisationId: 'a1' },
};
const declined: PaymentEvent = {
  type: 'PaymentDeclined',
  data: { ...ids, code: 'insufficient_funds', detail: 'Not today.' },
};
const captured: PaymentEvent = { type: 'PaymentCaptured', data: { ...ids, amount: eur(800) } };
const voided: PaymentEvent = { type: 'PaymentVoided', data: { ...ids, amount: eur(1000) } };
const refunded = (refundId: string, amount: number): PaymentEvent => ({
  type: 'PaymentRefunded',
  data: { ...ids, refundId, amount: eur(amount), reason: null },
});

const request: PaymentCommand = { do: 'request', ...asked };
const approve: PaymentCommand = { do: 'recordApproval', paymentId, authorisationId: 'a1' };
const decline: PaymentCommand = {
  do: 'recordDecline',
  paymentId,
  code: 'insufficient_funds',
  detail: 'Not today.',
};
const capture = (amount = eur(800)): PaymentCommand => ({ do: 'capture', paymentId, amount });
const cancel: PaymentCommand = { do: 'void', paymentId };
const refund = (refundId: string, amount = eur(500)): PaymentCommand => ({
  do: 'refund',
  paymentId,
  refundId,
  amount,
  reason: null,
});

const { decider } = payment;

describe('A payment', () => {
  it('is requested, once', () => {
    given(decider).when(request).then(requested);
    for (const facts of [[], [authorised], [declined], [voided], [authorised, captured]]) {
      given(decider, requested, ...facts)
        .when(request)
        .then();
    }
  });
  it('is not requested over another one', () => {
    const exists = { path: 'paymentId', detail: /1000 EUR.*o1/ };
    given(decider, requested)
      .when({ ...request, amount: eur(999) })
      .thenRejected('PAYMENT_EXISTS', exists);
    given(decider, requested)
      .when({ ...request, orderId: 'o2' })
      .thenRejected('PAYMENT_EXISTS', exists);
  });
  it.each([0, -1, 0.5, NaN])('is never of %p', (amount) => {
    const at = { path: 'amount' };
    given(decider)
      .when({ ...request, amount: eur(amount) })
      .thenRejected('AMOUNT_INVALID', at);
    given(decider, requested, authorised)
      .when(capture(eur(amount)))
      .thenRejected('AMOUNT_INVALID', at);
    given(decider, requested, authorised, captured)
      .when(refund('r1', eur(amount)))
      .thenRejected('AMOUNT_INVALID', at);
  });

  it('is authorised or declined, and the first answer counts', () => {
    given(decider, requested).when(approve).then(authorised);
    given(decider, requested).when(decline).then(declined);
    given(decider, requested, authorised).when(decline).then();
    given(decider, requested, declined).when(approve).then();
  });
  it('makes nothing of an answer that comes again', () => {
    given(decider, requested, authorised).when(approve).then();
    given(decider, requested, declined).when(decline).then();
    given(decider, requested, authorised, captured).when(approve).then();
    given(decider, requested, authorised, captured).when(decline).then();
  });

  it('is voided before the answer and after', () => {
    given(decider, requested).when(cancel).then(voided);
    given(decider, requested, authorised).when(cancel).then(voided);
  });
  it('is voided once', () => {
    given(decider, requested, voided).when(cancel).then();
    given(decider, requested, authorised, voided).when(cancel).then();
    given(decider, requested, declined).when(cancel).then();
  });
  it('that was voided before the answer gives back what the answer takes', () => {
    given(decider, requested, voided).when(approve).then(authorised, voided);
    given(decider, requested, voided, authorised, voided).when(approve).then();
    given(decider, requested, voided).when(decline).then();
  });
  it('that was voided after the answer has nothing more to give back', () => {
    given(decider, requested, authorised, voided).when(approve).then();
  });
  it('that is captured is not voided', () => {
    given(decider, requested, authorised, captured).when(cancel).thenRejected('PAYMENT_CAPTURED');
  });

  it('is captured, once, in part or in full', () => {
    given(decider, requested, authorised).when(capture()).then(captured);
    given(decider, requested, authorised)
      .when(capture(eur(1000)))
      .then({ type: 'PaymentCaptured', data: { ...ids, amount: eur(1000) } });
    given(decider, requested, authorised, captured).when(capture()).then();
    given(decider, requested, authorised, captured)
      .when(capture(eur(100)))
      .thenRejected('PAYMENT_CAPTURED', { detail: /800 EUR/ });
  });
  it('is not captured beyond what is authorised', () => {
    given(decider, requested, authorised)
      .when(capture(eur(1001)))
      .thenRejected('CAPTURE_EXCEEDS_AUTHORISED', { path: 'amount', detail: /1001 EUR.*1000 EUR/ });
  });
  it('is not captured unless authorised', () => {
    for (const facts of [[], [declined], [voided]]) {
      given(decider, requested, ...facts)
        .when(capture())
        .thenRejected('PAYMENT_NOT_AUTHORISED');
    }
  });

  it('is refunded, each refund once', () => {
    given(decider, requested, authorised, captured).when(refund('r1')).then(refunded('r1', 500));
    given(decider, requested, authorised, captured, refunded('r1', 500)).when(refund('r1')).then();
    given(decider, requested, authorised, captured, refunded('r1', 500))
      .when(refund('r2', eur(300)))
      .then(refunded('r2', 300));
  });
  it('is not refunded beyond what is captured', () => {
    given(decider, requested, authorised, captured, refunded('r1', 500))
      .when(refund('r2', eur(301)))
      .thenRejected('REFUND_EXCEEDS_CAPTURED', { path: 'amount', detail: /301 EUR.*800 EUR.*500 EUR/ });
  });
  it('is not refunded unless captured', () => {
    for (const facts of [[], [authorised], [declined], [voided]]) {
      given(decider, requested, ...facts)
        .when(refund('r1'))
        .thenRejected('PAYMENT_NOT_CAPTURED');
    }
  });

  it('is in one currency', () => {
    const at = { path: 'amount', detail: /EUR, not USD/ };
    given(decider, requested, authorised)
      .when(capture(usd(1)))
      .thenRejected('CURRENCY_MISMATCH', at);
    given(decider, requested, authorised, captured)
      .when(refund('r1', usd(1)))
      .thenRejected('CURRENCY_MISMATCH', at);
  });
  it.each([approve, decline, capture(), cancel, refund('r1')])('must exist: $do', (command) => {
    given(decider).when(command).thenRejected('PAYMENT_NOT_FOUND', { detail: /p1/ });
  });
  it('makes nothing of facts that do not fit', () => {
    const any = [authorised, declined, captured, voided, refunded('r1', 1)];
    expect(fold(decider, any)).toEqual({ is: 'absent' });
    expect(fold(decider, [requested, declined, ...any, requested])).toEqual(
      fold(decider, [requested, declined]),
    );
    const once = [requested, authorised, captured, refunded('r1', 1)];
    expect(fold(decider, [...once, ...any])).toEqual(fold(decider, once));
  });
});

describe('Whatever is commanded', () => {
  const amounts = fc.integer({ min: -1, max: 1200 }).map(eur);
  const commands = fc.array(
    fc.oneof(
      fc.constantFrom(request, approve, approve, decline, cancel),
      amounts.map(capture),
      fc.tuple(fc.constantFrom('r1', 'r2', 'r3'), amounts).map(([id, amount]) => refund(id, amount)),
    ),
    { maxLength: 40 },
  );

  it('no money is made or lost', () => {
    fc.assert(
      fc.property(commands, (all) => {
        let state = decider.initial;
        // What the gateway holds, has taken and has given back, as the facts tell it.
        const sum = { authorised: 0, voided: 0, captured: 0, refunded: 0 };
        for (const command of all) {
          const decided = decider.decide(command, state);
          if (isRejection(decided)) continue;
          for (const event of decided) {
            if (event.type === 'PaymentAuthorised') sum.authorised += event.data.amount.amountMinor;
            // A void before any authorisation gives back nothing yet.
            if (event.type === 'PaymentVoided' && sum.authorised > 0)
              sum.voided += event.data.amount.amountMinor;
            if (event.type === 'PaymentCaptured') sum.captured += event.data.amount.amountMinor;
            if (event.type === 'PaymentRefunded') sum.refunded += event.data.amount.amountMinor;
            state = decider.evolve(state, event);
            expect(sum.authorised).toBeLessThanOrEqual(1000);
            expect(sum.voided + sum.captured).toBeLessThanOrEqual(sum.authorised);
            expect(sum.refunded).toBeLessThanOrEqual(sum.captured);
          }
          if (state.is === 'voided') expect(sum.voided).toBe(sum.authorised);
          expect(decider.decide(command, state)).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
