import { type Aggregate } from '../../../kernel/decider.js';
import { type Instant } from '../../../kernel/envelope.js';
import { money, times } from '../../../kernel/money.js';
import { refuseQuantity } from '../../../kernel/quantity.js';
import { isRejection, reject, type Rejection } from '../../../kernel/rejection.js';
import { type Offer, type OfferRejection } from '../../catalog/contract.js';
import { orderCategory, type OrderEvent, orderEvents, type OrderLine, type Reason } from './order.events.js';
import { type SealedPersonalData } from './personal-data.js';

interface Item {
  readonly sku: string;
  readonly quantity: number;
}

export type OrderCommand =
  | ({
      do: 'place';
      orderId: string;
      customerId: string;
      cartId: string | null;
      items: readonly Item[];
      /** What each SKU sells for, or why it does not. A SKU that is not there is unknown. */
      offers: ReadonlyMap<string, Offer | OfferRejection>;
      paymentMethod: string;
      /** The payment to make; not used when nothing is to be paid. */
      paymentId: string;
      at: Instant;
    } & SealedPersonalData)
  | { do: 'confirm'; orderId: string }
  | { do: 'reject'; orderId: string; reason: Reason }
  /** The customer's wish, which starts the compensation; `cancel` is how it ends. */
  | { do: 'requestCancellation'; orderId: string; reason: Reason }
  | { do: 'cancel'; orderId: string; reason: Reason }
  | { do: 'ship'; orderId: string; shipmentId: string; lines: readonly Item[] }
  | { do: 'deliver'; orderId: string }
  | { do: 'return'; orderId: string; reason: string | null };

interface Shipment {
  readonly shipmentId: string;
  readonly lines: readonly Item[];
}

export type OrderState =
  | { readonly is: 'absent' }
  | {
      readonly is: 'placed' | 'confirmed' | 'rejected' | 'cancelled';
      readonly lines: readonly OrderLine[];
    }
  | {
      readonly is: 'cancelling';
      readonly lines: readonly OrderLine[];
      /** Then it may have left the building already. */
      readonly confirmed: boolean;
    }
  | {
      /** `shipping` is in part, `shipped` is in full. */
      readonly is: 'shipping' | 'shipped' | 'delivered' | 'returned';
      readonly lines: readonly OrderLine[];
      readonly shipments: readonly Shipment[];
    };

export type OrderRejection =
  | OfferRejection
  | Rejection<
      | 'ORDER_NOT_FOUND'
      | 'ORDER_EMPTY'
      | 'QUANTITY_INVALID'
      | 'CURRENCY_MISMATCH'
      | 'TOTAL_TOO_LARGE'
      | 'ORDER_ALREADY_CONFIRMED'
      | 'ORDER_ALREADY_REJECTED'
      | 'ORDER_ALREADY_CANCELLED'
      | 'ORDER_NOT_CANCELLABLE'
      | 'ORDER_NOT_SHIPPABLE'
      | 'SHIPMENT_EMPTY'
      | 'SHIPMENT_EXCEEDS_ORDER'
      | 'ORDER_NOT_DELIVERABLE'
      | 'ORDER_NOT_RETURNABLE'
    >;

const decide = (command: OrderCommand, state: OrderState): readonly OrderEvent[] | OrderRejection => {
  const { orderId } = command;
  if (command.do === 'place') return state.is === 'absent' ? place(command) : [];
  if (state.is === 'absent') return reject('ORDER_NOT_FOUND', `There is no order ${orderId}.`);
  switch (command.do) {
    case 'confirm':
      if (state.is === 'rejected') return alreadyRejected(orderId);
      // While cancelling and after: the process asked before it heard of the cancellation.
      return state.is === 'placed' ? [{ type: 'OrderConfirmed', data: { orderId } }] : [];
    case 'reject':
      switch (state.is) {
        case 'placed':
        case 'cancelling': // the process gave up before it heard of the cancellation
          return [{ type: 'OrderRejected', data: { orderId, reason: command.reason } }];
        case 'rejected':
          return [];
        case 'cancelled':
          return reject('ORDER_ALREADY_CANCELLED', `Order ${orderId} is cancelled.`);
        default:
          return reject('ORDER_ALREADY_CONFIRMED', `Order ${orderId} is ${state.is}: too late to reject it.`);
      }
    case 'requestCancellation':
    case 'cancel':
      switch (state.is) {
        case 'cancelled':
          return [];
        case 'rejected':
          return alreadyRejected(orderId);
        case 'cancelling':
          return command.do === 'cancel' ? [cancelled(command)] : [];
        case 'placed':
        case 'confirmed':
          return [command.do === 'cancel' ? cancelled(command) : cancellationRequested(command)];
        default:
          return reject(
            'ORDER_NOT_CANCELLABLE',
            `Order ${orderId} is ${state.is}: it has left the building.`,
          );
      }
    case 'ship':
      return ship(command, state);
    case 'deliver':
      if (state.is === 'delivered' || state.is === 'returned') return [];
      return state.is === 'shipped'
        ? [{ type: 'OrderDelivered', data: { orderId } }]
        : reject('ORDER_NOT_DELIVERABLE', `Order ${orderId} is ${state.is}, not shipped in full.`);
    case 'return':
      if (state.is === 'returned') return [];
      return state.is === 'delivered'
        ? [{ type: 'OrderReturned', data: { orderId, reason: command.reason } }]
        : reject('ORDER_NOT_RETURNABLE', `Order ${orderId} is ${state.is}, not delivered.`);
  }
};

type Asked<Do extends OrderCommand['do']> = Extract<OrderCommand, { do: Do }>;

const place = (command: Asked<'place'>): readonly OrderEvent[] | OrderRejection => {
  const { orderId, customerId, cartId, items, offers, paymentMethod, paymentId, at: placedAt } = command;
  const lines = new Map<string, OrderLine>();
  let currency: string | undefined;
  let total = 0;
  for (const [index, { sku, quantity: asked }] of items.entries()) {
    const path = `items[${index}]`;
    const invalid = refuseQuantity(asked, `${path}.quantity`);
    if (invalid) return invalid;
    const offer = offers.get(sku) ?? reject('UNKNOWN_SKU', `There is no product ${sku}.`);
    if (isRejection(offer)) return { ...offer, path: `${path}.sku` };
    const { name, price: unitPrice } = offer;
    currency ??= unitPrice.currency;
    if (unitPrice.currency !== currency) {
      const detail = `${sku} is priced in ${unitPrice.currency}, what comes before it in ${currency}.`;
      return reject('CURRENCY_MISMATCH', detail, `${path}.sku`);
    }
    const quantity = asked + (lines.get(sku)?.quantity ?? 0);
    total += unitPrice.amountMinor * asked;
    if (!Number.isSafeInteger(quantity) || !Number.isSafeInteger(total)) {
      const detail = `${quantity} of ${sku} make a total of ${total} ${currency}, which cannot be counted.`;
      return reject('TOTAL_TOO_LARGE', detail, `${path}.quantity`);
    }
    lines.set(sku, { sku, name, quantity, unitPrice, lineTotal: times(unitPrice, quantity) });
  }
  if (currency === undefined) return reject('ORDER_EMPTY', `Order ${orderId} has no items.`, 'items');
  return [
    {
      type: 'OrderPlaced',
      data: {
        orderId,
        customerId,
        cartId,
        lines: [...lines.values()],
        total: money(total, currency),
        paymentId: total === 0 ? null : paymentId,
        paymentMethod,
        placedAt,
        contact: command.contact,
        shippingAddress: command.shippingAddress,
      },
    },
  ];
};

const ship = (
  { orderId, shipmentId, lines }: Asked<'ship'>,
  state: Exclude<OrderState, { is: 'absent' }>,
): readonly OrderEvent[] | OrderRejection => {
  const shipments = 'shipments' in state ? state.shipments : [];
  if (shipments.some((shipment) => shipment.shipmentId === shipmentId)) return [];
  const overtaken = state.is === 'cancelling' && state.confirmed;
  if (state.is !== 'confirmed' && state.is !== 'shipping' && !overtaken) {
    return reject('ORDER_NOT_SHIPPABLE', `Order ${orderId} is ${state.is}: nothing of it can be shipped.`);
  }
  if (lines.length === 0) return reject('SHIPMENT_EMPTY', `Shipment ${shipmentId} has no lines.`, 'lines');
  const left = new Map(state.lines.map(({ sku, quantity }) => [sku, quantity]));
  const take = ({ sku, quantity }: Item): number => {
    const rest = (left.get(sku) ?? 0) - quantity;
    left.set(sku, rest);
    return rest;
  };
  for (const line of shipments.flatMap((shipment) => shipment.lines)) take(line);
  for (const [index, line] of lines.entries()) {
    const invalid = refuseQuantity(line.quantity, `lines[${index}].quantity`);
    if (invalid) return invalid;
    const rest = take(line);
    if (rest < 0) {
      const detail = `${line.quantity} of ${line.sku} are to be shipped, ${rest + line.quantity} are left to ship.`;
      return reject('SHIPMENT_EXCEEDS_ORDER', detail, `lines[${index}].quantity`);
    }
  }
  const complete = [...left.values()].every((rest) => rest === 0);
  const shipped: OrderEvent = { type: 'OrderShipped', data: { orderId, shipmentId, lines, complete } };
  if (!overtaken) return [shipped];
  const detail = `Shipment ${shipmentId} had left the building before the cancellation reached it.`;
  const reason = { code: 'ALREADY_DISPATCHED', detail };
  return [{ type: 'OrderCancellationRefused', data: { orderId, reason } }, shipped];
};

const cancellationRequested = ({ orderId, reason }: { orderId: string; reason: Reason }): OrderEvent => ({
  type: 'OrderCancellationRequested',
  data: { orderId, reason },
});

const cancelled = ({ orderId, reason }: { orderId: string; reason: Reason }): OrderEvent => ({
  type: 'OrderCancelled',
  data: { orderId, reason },
});

const alreadyRejected = (orderId: string): OrderRejection =>
  reject('ORDER_ALREADY_REJECTED', `Order ${orderId} is rejected.`);

const evolve = (state: OrderState, event: OrderEvent): OrderState => {
  if (event.type === 'OrderPlaced') {
    return state.is === 'absent' ? { is: 'placed', lines: event.data.lines } : state;
  }
  switch (state.is) {
    case 'placed':
    case 'confirmed':
    case 'cancelling':
      switch (event.type) {
        case 'OrderConfirmed':
          return state.is === 'placed' ? { is: 'confirmed', lines: state.lines } : state;
        case 'OrderCancellationRequested':
          return { is: 'cancelling', lines: state.lines, confirmed: state.is !== 'placed' };
        case 'OrderCancellationRefused':
          return { is: 'confirmed', lines: state.lines };
        case 'OrderRejected':
          return { is: 'rejected', lines: state.lines };
        case 'OrderCancelled':
          return { is: 'cancelled', lines: state.lines };
        case 'OrderShipped':
          return state.is === 'confirmed' ? shipped(state.lines, [], event.data) : state;
        default:
          return state;
      }
    case 'shipping':
      return event.type === 'OrderShipped' ? shipped(state.lines, state.shipments, event.data) : state;
    case 'shipped':
      return event.type === 'OrderDelivered' ? { ...state, is: 'delivered' } : state;
    case 'delivered':
      return event.type === 'OrderReturned' ? { ...state, is: 'returned' } : state;
    case 'absent':
    case 'rejected':
    case 'cancelled':
    case 'returned':
      return state;
  }
};

const shipped = (
  lines: readonly OrderLine[],
  before: readonly Shipment[],
  shipment: Shipment & { readonly complete: boolean },
): OrderState => ({
  is: shipment.complete ? 'shipped' : 'shipping',
  lines,
  shipments: [...before, { shipmentId: shipment.shipmentId, lines: shipment.lines }],
});

export const order: Aggregate<OrderCommand, OrderEvent, OrderState, OrderRejection> = {
  category: orderCategory,
  events: orderEvents,
  decider: { initial: { is: 'absent' }, decide, evolve },
};
