import { describe, expect, it } from '@jest/globals';
import { type FulfilmentEvent } from '../../domains/order/contract.js';
import { money } from '../../kernel/money.js';
import { refold } from '../refold.js';
import { history, instant, on } from '../testing/history.js';
import { deadlinesProjection } from './deadlines.projection.js';

const orderId = 'o';
const total = money(100, 'EUR');
const reservationRequested: FulfilmentEvent = {
  type: 'ReservationRequested',
  data: {
    orderId,
    customerId: 'ann',
    lines: [{ sku: 'tea', quantity: 1 }],
    total,
    paymentId: 'p',
    paymentMethod: 'card',
    expiresAt: instant(900),
  },
};
const reserved: FulfilmentEvent = { type: 'LineReserved', data: { orderId, sku: 'tea' } };
const authorisationRequested = (timesOutAt: string): FulfilmentEvent => ({
  type: 'AuthorisationRequested',
  data: { orderId, paymentId: 'p', customerId: 'ann', amount: total, method: 'card', timesOutAt },
});
const confirmationRequested: FulfilmentEvent = { type: 'ConfirmationRequested', data: { orderId } };
const abandoned: FulfilmentEvent = {
  type: 'FulfilmentAbandoned',
  data: { orderId, outcome: 'rejected', reason: { code: 'OUT_OF_STOCK', detail: '' } },
};

const after = (...events: readonly FulfilmentEvent[]) => [
  ...refold(deadlinesProjection, history(...events.map((event) => on('fulfilment-o', event)))).values(),
];

describe('deadlines', () => {
  it('is when the reservation runs out', () => {
    expect(after(reservationRequested, reserved)).toStrictEqual([
      { orderId, dueAt: instant(900), causationId: 'e0', correlationId: 'c' },
    ]);
  });

  it('is the earlier one while an authorisation is awaited, and names the step that set it', () => {
    expect(after(reservationRequested, reserved, authorisationRequested(instant(60)))).toStrictEqual([
      { orderId, dueAt: instant(60), causationId: 'e2', correlationId: 'c' },
    ]);
    expect(after(reservationRequested, reserved, authorisationRequested(instant(2000)))).toStrictEqual([
      { orderId, dueAt: instant(900), causationId: 'e0', correlationId: 'c' },
    ]);
  });

  it.each([confirmationRequested, abandoned])('is gone after $type', (end) => {
    expect(after(reservationRequested, reserved, authorisationRequested(instant(60)), end)).toStrictEqual([]);
  });
});
