import { type Aggregate } from '../../../kernel/decider.js';
import { refuseQuantity } from '../../../kernel/quantity.js';
import { isRejection, reject, type Rejection } from '../../../kernel/rejection.js';
import { type Sealed } from '../../../kernel/sealed.js';
import {
  shipmentCategory,
  type ShipmentEvent,
  shipmentEvents,
  type ShipmentLine,
} from './shipment.events.js';

export type ShippingCommand =
  /** The order is confirmed: all of it is to be shipped, in one shipment unless that is split. */
  | {
      do: 'plan';
      orderId: string;
      customerId: string;
      lines: readonly ShipmentLine[];
      shippingAddress: Sealed | null;
    }
  /** The order is to be cancelled. Too late once anything has been dispatched. */
  | { do: 'stop'; orderId: string }
  /** Ships again what shipments that failed before they were dispatched left over. */
  | { do: 'create'; orderId: string; lines: readonly ShipmentLine[] }
  | { do: 'split'; orderId: string; shipmentId: string; lines: readonly ShipmentLine[] }
  | { do: 'dispatch'; orderId: string; shipmentId: string; trackingNumber: string }
  | { do: 'deliver'; orderId: string; shipmentId: string }
  | { do: 'fail'; orderId: string; shipmentId: string; reason: string };

/** `failed` has left its lines over, `lost` has taken them with it. */
export type Shipment = { readonly shipmentId: string; readonly lines: readonly ShipmentLine[] } & (
  | { readonly is: 'pending' | 'stopped' }
  | { readonly is: 'dispatched' | 'delivered'; readonly trackingNumber: string }
  | { readonly is: 'failed'; readonly reason: string }
  | { readonly is: 'lost'; readonly trackingNumber: string; readonly reason: string }
);

export type ShippingState =
  | { readonly is: 'absent' }
  | {
      readonly is: 'planned' | 'stopped';
      readonly orderId: string;
      /** All there ever were, oldest first: the n-th is `<orderId>.<n>`. */
      readonly shipments: readonly Shipment[];
      /** In no shipment now. */
      readonly leftOver: readonly ShipmentLine[];
    };

export type ShippingRejection = Rejection<
  | 'SHIPPING_NOT_FOUND'
  | 'SHIPPING_STOPPED'
  | 'SHIPMENT_NOT_FOUND'
  | 'SHIPMENT_EMPTY'
  | 'QUANTITY_INVALID'
  | 'SHIPMENT_EXCEEDS_LEFT_OVER'
  | 'SPLIT_EXCEEDS_SHIPMENT'
  | 'SPLIT_LEAVES_NOTHING'
  | 'SHIPMENT_NOT_DISPATCHED'
  | 'SHIPMENT_DISPATCHED'
  | 'SHIPMENT_DELIVERED'
  | 'SHIPMENT_FAILED'
>;

type Decided = readonly ShipmentEvent[] | ShippingRejection;
type Planned = Exclude<ShippingState, { is: 'absent' }>;
type Asked<Do extends ShippingCommand['do']> = Extract<ShippingCommand, { do: Do }>;

/** `42.3` → `42`. */
export const orderOf = (shipmentId: string): string => {
  const dot = shipmentId.lastIndexOf('.');
  return dot < 0 ? shipmentId : shipmentId.slice(0, dot);
};

export const shipmentIn = (state: ShippingState, shipmentId: string): Shipment | undefined =>
  state.is === 'absent' ? undefined : state.shipments.find((shipment) => shipment.shipmentId === shipmentId);

const decide = (command: ShippingCommand, state: ShippingState): Decided => {
  const { orderId } = command;
  switch (command.do) {
    case 'plan':
      return state.is === 'absent' ? plan(command) : [];
    case 'stop':
      return state.is === 'stopped' || (state.is === 'planned' && state.shipments.some(hasLeft))
        ? []
        : [{ type: 'ShippingStopped', data: { orderId } }];
    case 'create':
      if (state.is === 'absent') {
        return reject('SHIPPING_NOT_FOUND', `Nothing is to be shipped for order ${orderId}.`, 'orderId');
      }
      return state.is === 'stopped' ? stopped(orderId) : create(command, state);
    default: {
      const shipment = shipmentIn(state, command.shipmentId);
      if (state.is === 'absent' || shipment === undefined) {
        return reject('SHIPMENT_NOT_FOUND', `There is no shipment ${command.shipmentId}.`);
      }
      return state.is === 'stopped' ? stopped(orderId) : change(command, shipment, state);
    }
  }
};

const stopped = (orderId: string): ShippingRejection =>
  reject('SHIPPING_STOPPED', `Shipping for order ${orderId} was stopped: the order is being cancelled.`);

const hasLeft = ({ is }: Shipment): boolean => is === 'dispatched' || is === 'delivered' || is === 'lost';

const plan = ({ orderId, customerId, lines, shippingAddress }: Asked<'plan'>): Decided => [
  { type: 'ShippingPlanned', data: { orderId, customerId, lines, shippingAddress } },
  { type: 'ShipmentCreated', data: { orderId, shipmentId: nextId(orderId, []), lines } },
];

const nextId = (orderId: string, shipments: readonly Shipment[]): string =>
  `${orderId}.${shipments.length + 1}`;

const create = ({ orderId, lines: asked }: Asked<'create'>, { shipments, leftOver }: Planned): Decided => {
  const lines = take(asked, leftOver, (left, { sku, quantity }) =>
    reject(
      'SHIPMENT_EXCEEDS_LEFT_OVER',
      `${quantity} of ${sku} are to be shipped, ${left} are left over for order ${orderId}.`,
    ),
  );
  return isRejection(lines)
    ? lines
    : [{ type: 'ShipmentCreated', data: { orderId, shipmentId: nextId(orderId, shipments), lines } }];
};

const change = (
  command: Asked<'split' | 'dispatch' | 'deliver' | 'fail'>,
  shipment: Shipment,
  state: Planned,
): Decided => {
  const { orderId, shipmentId } = command;
  const others = state.shipments.filter((other) => other !== shipment);
  const { lines } = shipment;
  switch (command.do) {
    case 'split':
      return shipment.is === 'pending' ? split(command, shipment, state) : past(shipment);
    case 'dispatch': {
      const { trackingNumber } = command;
      if (shipment.is === 'pending') {
        const complete = state.leftOver.length === 0 && others.every(({ is }) => is !== 'pending');
        const data = { orderId, shipmentId, lines, trackingNumber, complete };
        return [{ type: 'ShipmentDispatched', data }];
      }
      return 'trackingNumber' in shipment && shipment.trackingNumber === trackingNumber ? [] : past(shipment);
    }
    case 'deliver': {
      if (shipment.is === 'delivered') return [];
      if (shipment.is === 'pending') {
        return reject('SHIPMENT_NOT_DISPATCHED', `Shipment ${shipmentId} has not been dispatched.`);
      }
      if (shipment.is !== 'dispatched') return past(shipment);
      const complete =
        state.leftOver.length === 0 && others.every(({ is }) => is === 'delivered' || is === 'failed');
      return [{ type: 'ShipmentDelivered', data: { orderId, shipmentId, complete } }];
    }
    case 'fail': {
      if (shipment.is === 'failed' || shipment.is === 'lost') return [];
      if (shipment.is === 'delivered') return past(shipment);
      const { reason } = command;
      const dispatched = shipment.is === 'dispatched';
      return [{ type: 'ShipmentFailed', data: { orderId, shipmentId, lines, dispatched, reason } }];
    }
  }
};

/** Why a shipment cannot be changed any more. */
const past = ({ shipmentId, is }: Shipment): ShippingRejection => {
  switch (is) {
    case 'delivered':
      return reject('SHIPMENT_DELIVERED', `Shipment ${shipmentId} has been delivered.`);
    case 'failed':
    case 'lost':
      return reject('SHIPMENT_FAILED', `Shipment ${shipmentId} has failed: it is ${is}.`);
    default:
      return reject('SHIPMENT_DISPATCHED', `Shipment ${shipmentId} has left the building.`);
  }
};

const split = (
  { orderId, shipmentId, lines: asked }: Asked<'split'>,
  { lines: before }: Shipment,
  { shipments }: Planned,
): Decided => {
  const lines = take(asked, before, (left, { sku, quantity }) =>
    reject(
      'SPLIT_EXCEEDS_SHIPMENT',
      `${quantity} of ${sku} are to be moved, ${left} are in shipment ${shipmentId}.`,
    ),
  );
  if (isRejection(lines)) return lines;
  if (without(before, lines).length === 0) {
    const detail = `Nothing would be left in shipment ${shipmentId}: move fewer units.`;
    return reject('SPLIT_LEAVES_NOTHING', detail, 'lines');
  }
  const newShipmentId = nextId(orderId, shipments);
  return [{ type: 'ShipmentSplit', data: { orderId, shipmentId, newShipmentId, lines } }];
};

/** The lines asked for, one a SKU, or why they cannot be had. */
const take = (
  asked: readonly ShipmentLine[],
  from: readonly ShipmentLine[],
  tooMany: (left: number, line: ShipmentLine) => ShippingRejection,
): readonly ShipmentLine[] | ShippingRejection => {
  if (asked.length === 0) return reject('SHIPMENT_EMPTY', 'A shipment has at least one line.', 'lines');
  let taken: readonly ShipmentLine[] = [];
  for (const [index, line] of asked.entries()) {
    const path = `lines[${index}].quantity`;
    const invalid = refuseQuantity(line.quantity, path);
    if (invalid) return invalid;
    const left = unitsOf(from, line.sku) - unitsOf(taken, line.sku);
    if (line.quantity > left) return { ...tooMany(left, line), path };
    taken = together(taken, [line]);
  }
  return taken;
};

const unitsOf = (lines: readonly ShipmentLine[], sku: string): number =>
  lines.find((line) => line.sku === sku)?.quantity ?? 0;

const together = (a: readonly ShipmentLine[], b: readonly ShipmentLine[]): readonly ShipmentLine[] =>
  [...new Set([...a, ...b].map(({ sku }) => sku))].map((sku) => ({
    sku,
    quantity: unitsOf(a, sku) + unitsOf(b, sku),
  }));

const without = (lines: readonly ShipmentLine[], taken: readonly ShipmentLine[]): readonly ShipmentLine[] =>
  lines
    .map(({ sku, quantity }) => ({ sku, quantity: quantity - unitsOf(taken, sku) }))
    .filter(({ quantity }) => quantity > 0);

const evolve = (state: ShippingState, event: ShipmentEvent): ShippingState => {
  const { orderId } = event.data;
  if (event.type === 'ShippingStopped') {
    const { shipments, leftOver } = state.is === 'absent' ? { shipments: [], leftOver: [] } : state;
    const ended = shipments.map((it): Shipment => (it.is === 'pending' ? { ...it, is: 'stopped' } : it));
    return { is: 'stopped', orderId, shipments: ended, leftOver };
  }
  if (event.type === 'ShippingPlanned') {
    return state.is === 'absent'
      ? { is: 'planned', orderId, shipments: [], leftOver: event.data.lines }
      : state;
  }
  if (state.is !== 'planned') return state;
  const { shipments, leftOver } = state;
  const { shipmentId } = event.data;
  const changed = (to: (shipment: Shipment) => Shipment): readonly Shipment[] =>
    shipments.map((shipment) => (shipment.shipmentId === shipmentId ? to(shipment) : shipment));
  switch (event.type) {
    case 'ShipmentCreated': {
      const { lines } = event.data;
      return {
        ...state,
        shipments: [...shipments, { shipmentId, is: 'pending', lines }],
        leftOver: without(leftOver, lines),
      };
    }
    case 'ShipmentSplit': {
      const { newShipmentId, lines } = event.data;
      const rest = changed((shipment) => ({ ...shipment, lines: without(shipment.lines, lines) }));
      return { ...state, shipments: [...rest, { shipmentId: newShipmentId, is: 'pending', lines }] };
    }
    case 'ShipmentDispatched': {
      const { lines, trackingNumber } = event.data;
      return {
        ...state,
        shipments: changed(() => ({ shipmentId, is: 'dispatched', lines, trackingNumber })),
      };
    }
    case 'ShipmentDelivered':
      return {
        ...state,
        shipments: changed((it) => (it.is === 'dispatched' ? { ...it, is: 'delivered' } : it)),
      };
    case 'ShipmentFailed': {
      const { lines, dispatched, reason } = event.data;
      return {
        ...state,
        shipments: changed((it) =>
          it.is === 'dispatched'
            ? { ...it, is: 'lost', reason }
            : { shipmentId, is: 'failed', lines, reason },
        ),
        leftOver: dispatched ? leftOver : together(leftOver, lines),
      };
    }
  }
};

/** One order's shipments as one aggregate, so that what was ordered is conserved among them. */
export const shipping: Aggregate<ShippingCommand, ShipmentEvent, ShippingState, ShippingRejection> = {
  category: shipmentCategory,
  events: shipmentEvents,
  decider: { initial: { is: 'absent' }, decide, evolve },
};
