import { describe, expect, it } from '@jest/globals';
import { type InventoryEvent } from '../../domains/inventory/contract.js';
import { refold } from '../refold.js';
import { history, on } from '../testing/history.js';
import { inventoryProjection } from './inventory.projection.js';

const sku = 'tea';
const reservation = { sku, reservationId: 'r', orderId: 'r', quantity: 4 };
const events: readonly InventoryEvent[] = [
  { type: 'StockReceived', data: { sku, quantity: 10, reference: null } },
  { type: 'StockAdjusted', data: { sku, delta: -1, reason: 'broken' } },
  { type: 'StockReserved', data: { ...reservation, expiresAt: '' } },
  { type: 'StockReleased', data: reservation },
  { type: 'StockReserved', data: { ...reservation, expiresAt: '' } },
  { type: 'StockReservationExpired', data: reservation },
  { type: 'StockReservationRefused', data: { ...reservation, quantity: 99, available: 9 } },
  { type: 'StockReserved', data: { ...reservation, expiresAt: '' } },
  { type: 'StockCommitted', data: { ...reservation, quantity: 3, shipmentId: 's1' } },
  { type: 'StockReleased', data: { ...reservation, quantity: 1 } },
];

describe('inventory', () => {
  it('counts what is on hand, reserved, available and committed', () => {
    const recorded = history(...events.map((event) => on('inventory-tea', event)));
    const levels = recorded.map((_, index) =>
      refold(inventoryProjection, recorded.slice(0, index + 1)).get(sku),
    );
    const level = (onHand: number, reserved: number, available: number, committed: number) => ({
      sku,
      onHand,
      reserved,
      available,
      committed,
    });
    expect(levels).toStrictEqual(
      [
        level(10, 0, 10, 0),
        level(9, 0, 9, 0),
        level(9, 4, 5, 0),
        level(9, 0, 9, 0),
        level(9, 4, 5, 0),
        level(9, 0, 9, 0),
        level(9, 0, 9, 0),
        level(9, 4, 5, 0),
        level(6, 1, 5, 3),
        level(6, 0, 6, 3),
      ].map((expected, revision) => ({ ...expected, revision })),
    );
  });
});
