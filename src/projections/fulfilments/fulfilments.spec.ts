import { describe, expect, it } from '@jest/globals';
import { type FulfilmentEvent } from '../../domains/order/contract.js';
import { money } from '../../kernel/money.js';
import { refold } from '../refold.js';
import { history, instant, on } from '../testing/history.js';
import { fulfilmentsProjection } from './fulfilments.projection.js';

const orderId = 'o';
const amount = money(100, 'EUR');
const reason = { code: 'OUT_OF_STOCK', detail: '' };
const asked: FulfilmentEvent = {
  type: 'ReservationRequested',
  data: {
    ...{ orderId, customerId: 'ann', lines: [{ sku: 'tea', quantity: 1 }], total: amount },
    ...{ paymentId: 'p', paymentMethod: 'card', expiresAt: instant(900) },
  },
};
const reserved: FulfilmentEvent = { type: 'LineReserved', data: { orderId, sku: 'tea' } };
const authorising: FulfilmentEvent = {
  type: 'AuthorisationRequested',
  data: { orderId, paymentId: 'p', customerId: 'ann', amount, method: 'card', timesOutAt: instant(60) },
};
const confirming: FulfilmentEvent = { type: 'ConfirmationRequested', data: { orderId } };
const stopping: FulfilmentEvent = { type: 'ShippingStopAwaited', data: { orderId, reason } };
const shipped: FulfilmentEvent = {
  type: 'ShipmentRecordRequested',
  data: { orderId, shipmentId: 's', lines: [{ sku: 'tea', quantity: 1 }] },
};
const delivered: FulfilmentEvent = { type: 'DeliveryRecordRequested', data: { orderId } };
const abandoned: FulfilmentEvent = {
  type: 'FulfilmentAbandoned',
  data: { orderId, outcome: 'rejected', reason },
};
const undone: FulfilmentEvent = { type: 'FulfilmentUndone', data: { orderId, outcome: 'rejected', reason } };

const after = (...events: readonly FulfilmentEvent[]) => [
  ...refold(fulfilmentsProjection, history(...events.map((event) => on('fulfilment-o', event)))).values(),
];

describe('fulfilments', () => {
  it.each([
    ['reserving', [asked], 0],
    ['reserving', [asked, reserved], 0],
    ['authorising', [asked, reserved, authorising], 2],
    ['confirmed', [asked, reserved, authorising, confirming], 3],
    ['stopping', [asked, authorising, confirming, stopping], 3],
    ['confirmed', [asked, authorising, confirming, stopping, shipped], 4],
    ['abandoning', [asked, abandoned], 1],
  ] as const)('stand at the step %s since its event', (step, events, index) => {
    const since = history(...events.map((event) => on('fulfilment-o', event)))[index]?.metadata.occurredAt;
    expect(after(...events)).toStrictEqual([{ orderId, step, since }]);
  });

  it.each([
    ['delivered', [asked, authorising, confirming, shipped, delivered]],
    ['undone', [asked, abandoned, undone]],
  ] as const)('are gone when %s', (_, events) => {
    expect(after(...events)).toStrictEqual([]);
  });
});
