import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { money } from '../../kernel/money.js';
import { type AuthorisationAnswer } from '../../ports/payment-gateway.js';
import { eventually } from '../../testing/eventually.js';
import { SimulatedGateway } from './simulated-gateway.js';

const paymentId = 'pay-1';
const approved: AuthorisationAnswer = {
  answer: 'approved',
  authorisationId: `auth-${createHash('sha256').update(paymentId).digest('hex').slice(0, 16)}`,
};
const declined = (code: string, detail: string): AuthorisationAnswer => ({
  answer: 'declined',
  code,
  detail,
});

describe('the simulated gateway', () => {
  let patience: AbortController;
  let answers: AuthorisationAnswer[];

  beforeEach(() => {
    patience = new AbortController();
    answers = [];
  });

  afterEach(() => {
    patience.abort();
  });

  const ask = (method: string, slowAnswerMs = 0, answered = (_: AuthorisationAnswer) => Promise.resolve()) =>
    new SimulatedGateway({ slowAnswerMs }).authorise(
      { paymentId, amount: money(100, 'EUR'), method },
      async (answer) => {
        await answered(answer);
        answers.push(answer);
      },
      patience.signal,
    );

  it.each([
    ['tok_approve', [approved]],
    [
      'tok_decline_insufficient_funds',
      [declined('INSUFFICIENT_FUNDS', 'The account does not cover the amount.')],
    ],
    ['tok_decline_expired_card', [declined('EXPIRED_CARD', 'The card has expired.')]],
    ['tok_slow', [approved]],
    ['tok_twice', [approved, approved]],
    ['constructor', [declined('UNKNOWN_PAYMENT_METHOD', 'The gateway knows no payment method constructor.')]],
  ])('answers %s', async (method, expected) => {
    await ask(method);
    expect(answers).toStrictEqual(expected);
  });

  it('answers the same when it is asked again, after a restart too', async () => {
    await ask('tok_approve');
    await ask('tok_approve');
    expect(answers).toStrictEqual([approved, approved]);
  });

  it('never answers tok_timeout, and waits no longer than it is waited for', async () => {
    const waiting = ask('tok_timeout');
    patience.abort();
    await waiting;
    await ask('tok_timeout');
    expect(answers).toStrictEqual([]);
  });

  it('answers tok_slow late when nobody waits any longer', async () => {
    patience.abort();
    await ask('tok_slow', 1);
    expect(answers).toStrictEqual([]);
    await eventually('the late answer', () => answers.length === 1);
    expect(answers).toStrictEqual([approved]);
  });

  it.each(['tok_approve', 'tok_slow', 'tok_twice', 'tok_decline_expired_card'])(
    'fails for %s when its answer is not taken',
    async (method) => {
      await expect(ask(method, 0, () => Promise.reject(new Error('not now')))).rejects.toThrow('not now');
    },
  );

  it('takes everything else', async () => {
    const gateway = new SimulatedGateway({ slowAnswerMs: 0 });
    await expect(Promise.all([gateway.void(), gateway.capture(), gateway.refund()])).resolves.toBeDefined();
  });
});
