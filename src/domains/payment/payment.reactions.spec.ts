import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandBus } from '@nestjs/cqrs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { derivedId } from '../../execution/derived-id.js';
import { logbook } from '../../execution/testing/logbook.js';
import { type RecordedEvent } from '../../kernel/envelope.js';
import { money } from '../../kernel/money.js';
import { type AuthorisationAnswer, type PaymentGateway } from '../../ports/payment-gateway.js';
import { sampleEvent } from '../../testing/sample-events.js';
import { type PaymentCommand } from './model/payment.decider.js';
import { type ChangePayment, Payments } from './payment.handlers.js';
import { PaymentReactions } from './payment.reactions.js';

const paymentId = 'p';
const amount = money(300, 'EUR');
const request: PaymentCommand = {
  do: 'request',
  paymentId,
  orderId: 'o',
  customerId: 'ann',
  amount,
  method: 'card',
};
const approval: PaymentCommand = { do: 'recordApproval', paymentId, authorisationId: 'auth' };
const capture: PaymentCommand = { do: 'capture', paymentId, amount };
const approved: AuthorisationAnswer = { answer: 'approved', authorisationId: 'auth' };

describe('the payment service', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let payments: Payments;
  let log: ReturnType<typeof logbook>;
  /** What the gateway does when it is asked for an authorisation. */
  let authorise: PaymentGateway['authorise'];
  let beforeCommands: (() => Promise<unknown>)[];
  let sent = 0;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'payment-'));
    engine = openEmbedded({ dataDir });
    payments = new Payments(engine.eventStore, { now: () => '2026-01-02T03:04:05.678Z' });
    log = logbook();
    beforeCommands = [];
  });

  afterEach(async () => {
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const send = (command: PaymentCommand) =>
    payments.execute({
      id: paymentId,
      command,
      context: { commandId: `c${(sent += 1)}`, correlationId: 'c', causationId: 'c', actor: 'tester' },
    });
  const given = async (...commands: readonly PaymentCommand[]) => {
    for (const command of commands) await send(command);
  };
  const facts = async () =>
    (await engine.eventStore.readStream('payment-p')).map(({ type, data }) => ({ type, data }));
  const last = async (): Promise<RecordedEvent> => {
    const [event] = await engine.eventStore.readStream('payment-p', { direction: 'backwards', limit: 1 });
    if (event === undefined) throw new Error('There is no payment.');
    return event;
  };

  const reactions = (authorisationTimeoutMs = 60_000) => {
    const execute = async (command: ChangePayment) => {
      await beforeCommands.shift()?.();
      return payments.execute(command);
    };
    const gateway: PaymentGateway = {
      authorise: (...args) => authorise(...args),
      void: () => Promise.resolve(),
      capture: () => Promise.resolve(),
      refund: () => Promise.resolve(),
    };
    const bus = { execute } as unknown as CommandBus;
    const [fulfilment, toGateway] = new PaymentReactions(bus, payments, gateway, log.logger, {
      authorisationTimeoutMs,
    }).reactions();
    if (fulfilment === undefined || toGateway === undefined) throw new Error('There are two.');
    return { fulfilment, toGateway };
  };

  describe('gives the money back', () => {
    const returnRequested = async (): Promise<RecordedEvent> => {
      const data = { orderId: 'o', paymentId };
      const event = { ...sampleEvent('return', { type: 'PaymentReturnRequested' }), data };
      await engine.eventStore.append('fulfilment-o', 'any', [event]);
      const [recorded] = await engine.eventStore.readStream('fulfilment-o');
      if (recorded === undefined) throw new Error('It was not appended.');
      return recorded;
    };
    const voided = { type: 'PaymentVoided', data: { paymentId, orderId: 'o', amount } };
    const refunded = {
      type: 'PaymentRefunded',
      data: {
        paymentId,
        orderId: 'o',
        refundId: derivedId('return'),
        amount,
        reason: 'The order was cancelled.',
      },
    };

    it.each([
      ['by a void while it is only asked for', [request], voided, []],
      ['by a void when it is authorised', [request, approval], voided, []],
      ['by a refund when it is captured', [request, approval, capture], refunded, []],
      ['by a refund when it is captured just before the void', [request, approval], refunded, [capture]],
    ])('%s, once', async (_, before, expected, meanwhile) => {
      await given(...before);
      beforeCommands.push(() => given(...meanwhile));
      const { fulfilment } = reactions();
      const cause = await returnRequested();
      const { signal } = new AbortController();
      await fulfilment.react(cause, signal);
      const after = await facts();
      expect(after).toHaveLength(before.length + meanwhile.length + 1);
      expect(after.at(-1)).toStrictEqual(expected);
      // Redelivered, also to a process that knows nothing.
      payments = new Payments(engine.eventStore, { now: () => 'later' });
      await reactions().fulfilment.react(cause, signal);
      expect(await facts()).toStrictEqual(after);
      expect(log.entries).toStrictEqual([]);
    });
  });

  it('captures all of it when fulfilment asks, once', async () => {
    await given(request, approval);
    const data = { orderId: 'o', paymentId, amount };
    const asked = { ...sampleEvent('capture', { type: 'CaptureRequested' }), data };
    await engine.eventStore.append('fulfilment-o', 'any', [asked]);
    const [cause] = await engine.eventStore.readStream('fulfilment-o');
    if (cause === undefined) throw new Error('It was not appended.');
    const { signal } = new AbortController();
    const captured = { type: 'PaymentCaptured', data: { paymentId, orderId: 'o', amount } };
    await reactions().fulfilment.react(cause, signal);
    expect((await facts()).slice(2)).toStrictEqual([captured]);
    // Redelivered, also to a process that knows nothing.
    payments = new Payments(engine.eventStore, { now: () => 'later' });
    await reactions().fulfilment.react(cause, signal);
    expect((await facts()).slice(2)).toStrictEqual([captured]);
    expect(log.entries).toStrictEqual([]);
  });

  describe('asks the gateway', () => {
    const { signal } = new AbortController();
    const authorised = {
      type: 'PaymentAuthorised',
      data: { paymentId, orderId: 'o', amount, authorisationId: 'auth' },
    };

    it('and records the first answer, however often it comes', async () => {
      await given(request);
      authorise = async (_, answered) => {
        await answered(approved);
        await answered(approved);
      };
      const requested = await last();
      const { toGateway } = reactions();
      await toGateway.react(requested, signal);
      const after = await facts();
      expect(after.slice(1)).toStrictEqual([authorised]);
      authorise = () => Promise.reject(new Error('Asked again.'));
      await toGateway.react(requested, signal);
      expect(await facts()).toStrictEqual(after);
    });

    it('and is asked again when the answer could not be recorded', async () => {
      await given(request);
      authorise = (_, answered) => answered(approved);
      beforeCommands.push(() => Promise.reject(new Error('connection lost')));
      const { toGateway } = reactions();
      const requested = await last();
      await expect(toGateway.react(requested, signal)).rejects.toThrow('connection lost');
      await toGateway.react(requested, signal);
      expect((await facts()).slice(1)).toStrictEqual([authorised]);
      expect(log.entries).toStrictEqual([]);
    });

    it('no longer than it has patience, still hears a late answer, and tells when that is lost', async () => {
      await given(request);
      const late: (() => Promise<void>)[] = [];
      authorise = (_, answered, patience) => {
        late.push(() => answered(approved));
        return new Promise((resolve) => {
          patience.addEventListener('abort', () => {
            resolve();
          });
        });
      };
      await reactions(1).toGateway.react(await last(), signal);
      const fault = new Error('connection lost');
      beforeCommands.push(() => Promise.reject(fault));
      const [answer] = late;
      await expect(answer?.()).rejects.toThrow(fault);
      expect(log.entries).toStrictEqual([
        {
          level: 'error',
          message: 'A late answer could not be recorded',
          fields: { err: fault, eventId: (await last()).id, stream: 'payment-p' },
        },
      ]);
      await answer?.();
      expect((await facts()).slice(1)).toStrictEqual([authorised]);
    });

    it('and has not dealt with it when it is stopped meanwhile', async () => {
      await given(request);
      const stop = new AbortController();
      authorise = () => {
        stop.abort();
        return Promise.resolve();
      };
      await expect(reactions().toGateway.react(await last(), stop.signal)).rejects.toThrow(/abort/);
    });

    it('for each payment in order, save that nothing waits for an answer', async () => {
      await given(request, approval, capture, {
        do: 'refund',
        paymentId,
        refundId: 'r',
        amount,
        reason: null,
      });
      const { toGateway } = reactions();
      const recorded = await engine.eventStore.readStream('payment-p');
      expect(recorded.map((event) => toGateway.keyOf(event))).toStrictEqual([
        recorded[0]?.id,
        'payment-p',
        'payment-p',
        'payment-p',
      ]);
    });
  });
});
