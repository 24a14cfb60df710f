import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Settings } from './engines.js';
import { type Program, Site } from './program.js';
import { Shop } from './shop.js';
import { until } from '../until.js';

describe('A deadline', () => {
  let site: Site;
  let program: Program;
  let shop: Shop;

  beforeEach(async () => {
    site = await Site.open();
  });

  afterEach(() => site.clean());

  const start = async (settings: Settings): Promise<void> => {
    program = await site.start(settings);
    shop = new Shop(program.http);
    await shop.stocked('SKU-1', 5);
  };

  it('ends an order whose payment is never answered, and gives back stock and money', async () => {
    await start({ AUTHORISATION_TIMEOUT_SECONDS: '1' });
    const { orderId, paymentId } = await shop.place({ 'SKU-1': 2 }, { paymentMethod: 'tok_timeout' });

    const order = await shop.ended(orderId);
    expect(order.status.lifecycle).toBe('rejected');
    expect(order.reason?.code).toBe('PAYMENT_TIMED_OUT');
    await shop.untilPayment(paymentId, 'voided');
    await shop.untilStock('SKU-1', 5, 0);
  });

  it('holds across a crash', async () => {
    await start({ AUTHORISATION_TIMEOUT_SECONDS: '1' });
    const { orderId, paymentId } = await shop.place({ 'SKU-1': 2 }, { paymentMethod: 'tok_timeout' });
    await shop.untilPayment(paymentId, 'requested');
    await program.kill();
    await program.start();

    const order = await shop.ended(orderId);
    expect(order.reason?.code).toBe('PAYMENT_TIMED_OUT');
    await shop.untilPayment(paymentId, 'voided');
    await shop.untilStock('SKU-1', 5, 0);
  });

  it('ends a reservation, but not that of a confirmed order', async () => {
    await start({ RESERVATION_TTL_SECONDS: '1' });
    const confirmed = await shop.place({ 'SKU-1': 1 });
    expect((await shop.ended(confirmed.orderId)).status.lifecycle).toBe('confirmed');
    // Placed later, so the confirmed order's time is over too when this one's is.
    const waiting = await shop.place({ 'SKU-1': 2 }, { paymentMethod: 'tok_timeout' });

    const order = await shop.ended(waiting.orderId);
    expect(order.status.lifecycle).toBe('rejected');
    expect(order.reason?.code).toBe('RESERVATION_EXPIRED');
    await shop.untilPayment(waiting.paymentId, 'voided');
    await shop.untilStock('SKU-1', 5, 1);
    expect((await shop.ended(confirmed.orderId)).status).toEqual({
      lifecycle: 'confirmed',
      payment: 'authorised',
      fulfilment: 'reserved',
    });
    const events = (await shop.timeline(waiting.orderId)).map(({ type }) => type);
    expect(events).toContain('StockReservationExpired');
  });

  it('voids an approval that comes after the rejection', async () => {
    await start({ AUTHORISATION_TIMEOUT_SECONDS: '1', SIMULATED_SLOW_ANSWER_MS: '6000' });
    const { orderId } = await shop.place({ 'SKU-1': 2 }, { paymentMethod: 'tok_slow' });
    expect((await shop.ended(orderId)).reason?.code).toBe('PAYMENT_TIMED_OUT');

    const payments = await until('the late approval', async () => {
      const types = (await shop.timeline(orderId)).map(({ type }) => type);
      const ofPayment = types.filter(
        (type) => type !== 'PaymentReturned' && /^Payment[A-Z][a-z]+$/.test(type),
      );
      return ofPayment.length >= 4 ? ofPayment : undefined;
    });
    expect(payments).toEqual(['PaymentRequested', 'PaymentVoided', 'PaymentAuthorised', 'PaymentVoided']);
    expect((await shop.ended(orderId)).status).toEqual({
      lifecycle: 'rejected',
      payment: 'voided',
      fulfilment: 'none',
    });
    await shop.untilStock('SKU-1', 5, 0);
  });
});
