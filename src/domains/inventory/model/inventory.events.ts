import { type EventVersions } from '../../../kernel/decider.js';
import { type Instant } from '../../../kernel/envelope.js';

interface Reservation {
  sku: string;
  reservationId: string;
  orderId: string;
  quantity: number;
}

/** The facts of one SKU's stock, in stream `inventory-<sku>`. Quantities are units. */
export type InventoryEvent =
  | { type: 'StockReceived'; data: { sku: string; quantity: number; reference: string | null } }
  | { type: 'StockAdjusted'; data: { sku: string; delta: number; reason: string } }
  | { type: 'StockReserved'; data: Reservation & { expiresAt: Instant } }
  | { type: 'StockReservationRefused'; data: Reservation & { available: number } }
  | { type: 'StockReleased'; data: Reservation }
  | { type: 'StockReservationExpired'; data: Reservation }
  /** Reserved units have left the building, all of the reservation's or some. */
  | { type: 'StockCommitted'; data: Reservation & { shipmentId: string | null } };

export const inventoryCategory = 'inventory';

export const inventoryEvents: EventVersions<InventoryEvent> = {
  StockReceived: { current: 1 },
  StockAdjusted: { current: 1 },
  StockReserved: { current: 1 },
  StockReservationRefused: { current: 1 },
  StockReleased: { current: 1 },
  StockReservationExpired: { current: 1 },
  StockCommitted: {
    current: 2,
    upcasters: { 1: (data: Reservation) => ({ ...data, shipmentId: null }) },
  },
};
