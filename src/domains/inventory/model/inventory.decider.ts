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
  /** The units of one shipment leave; the rest of the reservation stays. */
  | { do: 'commit'; sku: string; reservationId: string; shipmentId: string; quantity: number };

/** The closed ones are kept: a reservation id is never used again. `shipments` have taken their units already. */
export type Reservation = { readonly shipments: readonly string[] } & (
  | { readonly is: 'held'; readonly orderId: string; readonly quantity: number }
  | { readonly is: 'refused' | 'released' | 'expired' | 'committed' }
);

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
  | 'COMMIT_EXCEEDS_RESERVED'
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
    case 'expire': {
      const { reservationId } = command;
      const reservation = state.reservations.get(reservationId);
      if (reservation === undefined) return notReserved(sku, reservationId);
      if (reservation.is === 'committed') {
        return reject(
          'RESERVATION_COMMITTED',
          `Reservation ${reservationId} of ${sku} has left the building.`,
        );
      }
      if (reservation.is !== 'held') return [];
      const { orderId, quantity } = reservation;
      return [{ type: settlement[command.do], data: { sku, reservationId, orderId, quantity } }];
    }
    case 'commit':
      return commit(command, state.reservations.get(command.reservationId));
  }
};

const settlement = {
  release: 'StockReleased',
  expire: 'StockReservationExpired',
} as const;

const commit = (
  { sku, reservationId, shipmentId, quantity }: Extract<InventoryCommand, { do: 'commit' }>,
  reservation: Reservation | undefined,
): readonly InventoryEvent[] | InventoryRejection => {
  if (reservation === undefined) return notReserved(sku, reservationId);
  if (reservation.shipments.includes(shipmentId)) return [];
  const invalid = refuseQuantity(quantity);
  if (invalid) return invalid;
  if (reservation.is !== 'held') {
    const detail = `Reservation ${reservationId} of ${sku} is ${reservation.is}: nothing is held.`;
    return reject('RESERVATION_CLOSED', detail);
  }
  const { orderId, quantity: held } = reservation;
  return quantity > held
    ? reject(
        'COMMIT_EXCEEDS_RESERVED',
        `${quantity} of ${sku} are to leave, reservation ${reservationId} holds ${held}.`,
        'quantity',
      )
    : [{ type: 'StockCommitted', data: { sku, reservationId, orderId, quantity, shipmentId } }];
};

const notReserved = (sku: string, reservationId: string): InventoryRejection =>
  reject('RESERVATION_NOT_FOUND', `${sku} has no reservation ${reservationId}.`);

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
        reservations: state.reservations.set(reservationId, {
          is: 'held',
          orderId,
          quantity,
          shipments: none,
        }),
      };
    }
    case 'StockReservationRefused': {
      const { reservationId } = event.data;
      if (state.reservations.get(reservationId) !== undefined) return state;
      const refused = { is: 'refused', shipments: none } as const;
      return { ...state, reservations: state.reservations.set(reservationId, refused) };
    }
    case 'StockReleased':
      return close(state, event.data.reservationId, 'released');
    case 'StockReservationExpired':
      return close(state, event.data.reservationId, 'expired');
    case 'StockCommitted':
      return taken(state, event.data);
  }
};

/** Most reservations never see a shipment: they share it. */
const none: readonly string[] = [];

const close = (state: InventoryState, reservationId: string, is: 'released' | 'expired'): InventoryState => {
  const reservation = state.reservations.get(reservationId);
  if (reservation?.is !== 'held') return state;
  const { quantity, shipments } = reservation;
  return {
    ...state,
    reserved: state.reserved - quantity,
    reservations: state.reservations.set(reservationId, { is, shipments }),
  };
};

const taken = (
  state: InventoryState,
  { reservationId, shipmentId, quantity }: Extract<InventoryEvent, { type: 'StockCommitted' }>['data'],
): InventoryState => {
  const reservation = state.reservations.get(reservationId);
  if (reservation?.is !== 'held') return state;
  const shipments = shipmentId === null ? reservation.shipments : [...reservation.shipments, shipmentId];
  const rest = reservation.quantity - quantity;
  return {
    onHand: state.onHand - quantity,
    reserved: state.reserved - quantity,
    reservations: state.reservations.set(
      reservationId,
      rest > 0 ? { ...reservation, quantity: rest, shipments } : { is: 'committed', shipments },
    ),
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
