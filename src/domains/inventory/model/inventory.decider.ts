import { type Aggregate } from '../../../kernel/decider.js';
import { type Instant } from '../../../kernel/envelope.js';
import { PersistentMap } from '../../../kernel/persistent-map.js';
import { refuseQuantity } from '../../../kernel/quantity.js';
import { reject, type Rejection } from '../../../kernel/rejection.js';
import { inventoryCategory, type InventoryEvent, inventoryEvents } from './inventory.events.js';

export type InventoryCommand =
  | { do: 'receive'; sku: string; quantity: number; reference: string | null }
  | { do: 'adjust'; sku: string; delta: number; reason: string }
  | {
      do: 'reserve';
      sku: string;
      reservationId: string;
      orderId: string;
      quantity: number;
      expiresAt: Instant;
    }
  | { do: 'release'; sku: string; reservationId: string }
  /** A release that says why; the deadline itself is judged by who asks. */
  | { do: 'expire'; sku: string; reservationId: string }
  | { do: 'commit'; sku: string; reservationId: string };

/** The closed ones are kept: a reservation id is never used again. */
export type Reservation =
  | { readonly is: 'held'; readonly orderId: string; readonly quantity: number }
  | { readonly is: 'refused' | 'released' | 'expired' | 'committed' };

/** A SKU that never received anything is one with nothing on hand. */
export interface InventoryState {
  readonly onHand: number;
  /** What the held reservations add up to. */
  readonly reserved: number;
  readonly reservations: PersistentMap<Reservation>;
}

export type InventoryRejection = Rejection<
  | 'QUANTITY_INVALID'
  | 'STOCK_TOO_LARGE'
  | 'ADJUSTMENT_EXCEEDS_AVAILABLE'
  | 'RESERVATION_NOT_FOUND'
  | 'RESERVATION_COMMITTED'
  | 'RESERVATION_CLOSED'
>;

export const availableOf = ({ onHand, reserved }: InventoryState): number => onHand - reserved;

const decide = (
  command: InventoryCommand,
  state: InventoryState,
): readonly InventoryEvent[] | InventoryRejection => {
  const { sku } = command;
  switch (command.do) {
    case 'receive': {
      const { quantity, reference } = command;
      return (
        refuseQuantity(quantity) ??
        tooLarge(sku, state.onHand + quantity, 'quantity') ?? [
          { type: 'StockReceived', data: { sku, quantity, reference } },
        ]
      );
    }
    case 'adjust': {
      const { delta, reason } = command;
      if (delta === 0) return [];
      if (!Number.isSafeInteger(delta)) {
        return reject('QUANTITY_INVALID', `An adjustment is an integer, not ${delta}.`, 'delta');
      }
      if (availableOf(state) + delta < 0) {
        return reject(
          'ADJUSTMENT_EXCEEDS_AVAILABLE',
          `${sku} has ${availableOf(state)} available, so ${delta} is too much.`,
          'delta',
        );
      }
      return (
        tooLarge(sku, state.onHand + delta, 'delta') ?? [
          { type: 'StockAdjusted', data: { sku, delta, reason } },
        ]
      );
    }
    case 'reserve': {
      const { reservationId, orderId, quantity, expiresAt } = command;
      if (state.reservations.get(reservationId) !== undefined) return [];
      const invalid = refuseQuantity(quantity);
      if (invalid) return invalid;
      const available = availableOf(state);
      // The refusal is a fact: who asked must hear of it.
      return quantity > available
        ? [{ type: 'StockReservationRefused', data: { sku, reservationId, orderId, quantity, available } }]
        : [{ type: 'StockReserved', data: { sku, reservationId, orderId, quantity, expiresAt } }];
    }
    case 'release':
    case 'expire':
    case 'commit': {
      const { reservationId } = command;
      const reservation = state.reservations.get(reservationId);
      if (reservation === undefined) {
        return reject('RESERVATION_NOT_FOUND', `${sku} has no reservation ${reservationId}.`);
      }
      if (reservation.is !== 'held') return settleAgain(command, reservation.is);
      const { orderId, quantity } = reservation;
      const closed = { sku, reservationId, orderId, quantity };
      return command.do === 'commit'
        ? [{ type: 'StockCommitted', data: { ...closed, shipmentId: null } }]
        : [{ type: settlement[command.do], data: closed }];
    }
  }
};

const settlement = {
  release: 'StockReleased',
  expire: 'StockReservationExpired',
} as const;

type Settle = Extract<InventoryCommand, { do: keyof typeof settlement | 'commit' }>;

const settleAgain = (
  { do: asked, sku, reservationId }: Settle,
  is: Exclude<Reservation['is'], 'held'>,
): readonly [] | InventoryRejection => {
  if ((asked === 'commit') === (is === 'committed')) return [];
  return asked === 'commit'
    ? reject('RESERVATION_CLOSED', `Reservation ${reservationId} of ${sku} is ${is}: nothing is held.`)
    : reject('RESERVATION_COMMITTED', `Reservation ${reservationId} of ${sku} has left the building.`);
};

const evolve = (state: InventoryState, event: InventoryEvent): InventoryState => {
  switch (event.type) {
    case 'StockReceived':
      return { ...state, onHand: state.onHand + event.data.quantity };
    case 'StockAdjusted':
      return { ...state, onHand: state.onHand + event.data.delta };
    case 'StockReserved': {
      const { reservationId, orderId, quantity } = event.data;
      if (state.reservations.get(reservationId) !== undefined) return state;
      return {
        ...state,
        reserved: state.reserved + quantity,
        reservations: state.reservations.set(reservationId, { is: 'held', orderId, quantity }),
      };
    }
    case 'StockReservationRefused': {
      const { reservationId } = event.data;
      if (state.reservations.get(reservationId) !== undefined) return state;
      return { ...state, reservations: state.reservations.set(reservationId, { is: 'refused' }) };
    }
    case 'StockReleased':
      return close(state, event.data.reservationId, 'released');
    case 'StockReservationExpired':
      return close(state, event.data.reservationId, 'expired');
    case 'StockCommitted':
      return close(state, event.data.reservationId, 'committed');
  }
};

const close = (
  state: InventoryState,
  reservationId: string,
  is: 'released' | 'expired' | 'committed',
): InventoryState => {
  const reservation = state.reservations.get(reservationId);
  if (reservation?.is !== 'held') return state;
  return {
    onHand: state.onHand - (is === 'committed' ? reservation.quantity : 0),
    reserved: state.reserved - reservation.quantity,
    reservations: state.reservations.set(reservationId, { is }),
  };
};

const tooLarge = (sku: string, onHand: number, path: string): InventoryRejection | undefined =>
  Number.isSafeInteger(onHand)
    ? undefined
    : reject('STOCK_TOO_LARGE', `${sku} would have more on hand than can be counted.`, path);

export const inventory: Aggregate<InventoryCommand, InventoryEvent, InventoryState, InventoryRejection> = {
  category: inventoryCategory,
  events: inventoryEvents,
  decider: { initial: { onHand: 0, reserved: 0, reservations: PersistentMap.empty() }, decide, evolve },
};
