import { inventoryCategory, type InventoryEvent, inventoryEvents } from '../../domains/inventory/contract.js';
import { type Projection } from '../projection.js';

/** Quantities are units; available = onHand − reserved. */
export interface StockLevel {
  readonly sku: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
  /** What has left the building. */
  readonly committed: number;
  readonly revision: number;
}

type Counts = Pick<StockLevel, 'onHand' | 'reserved' | 'committed'>;

const nothing: Counts = { onHand: 0, reserved: 0, committed: 0 };

const counted = ({ onHand, reserved, committed }: Counts, { type, data }: InventoryEvent): Counts => {
  switch (type) {
    case 'StockReceived':
      return { onHand: onHand + data.quantity, reserved, committed };
    case 'StockAdjusted':
      return { onHand: onHand + data.delta, reserved, committed };
    case 'StockReserved':
      return { onHand, reserved: reserved + data.quantity, committed };
    case 'StockReleased':
    case 'StockReservationExpired':
      return { onHand, reserved: reserved - data.quantity, committed };
    case 'StockCommitted':
      return {
        onHand: onHand - data.quantity,
        reserved: reserved - data.quantity,
        committed: committed + data.quantity,
      };
    case 'StockReservationRefused':
      return { onHand, reserved, committed };
  }
};

export const inventoryProjection: Projection<InventoryEvent, StockLevel> = {
  name: 'inventory',
  version: 1,
  reads: { [inventoryCategory]: inventoryEvents },
  indexes: [],
  key: ({ data }) => data.sku,
  evolve: (level, event) => {
    const { onHand, reserved, committed } = counted(level ?? nothing, event);
    const { data, revision } = event;
    return { sku: data.sku, onHand, reserved, available: onHand - reserved, committed, revision };
  },
};
