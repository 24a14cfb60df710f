import { type Instant, type Recorded } from '../../../kernel/envelope.js';
import { type Process } from '../../../kernel/process.js';
import { type InventoryEvent } from '../../inventory/contract.js';
import { type PaymentEvent } from '../../payment/contract.js';
import { type ShipmentEvent } from '../../shipping/contract.js';
import {
  fulfilmentCategory,
  type FulfilmentEvent,
  fulfilmentEvents,
  type Outcome,
} from './fulfilment.events.js';
import { type OrderEvent, type Reason } from './order.events.js';

/**
 * Reserve every line → authorise → confirm → for each shipment that leaves commit the stock, with the first capture the
 * money. Whatever goes wrong before anything has left: give back all that was taken → reject or cancel.
 */
export interface FulfilmentSettings {
  readonly reservationTtlMs: number;
  readonly authorisationTimeoutMs: number;
}

export type FulfilmentFact =
  Recorded<OrderEvent> | Recorded<InventoryEvent> | Recorded<PaymentEvent> | Recorded<ShipmentEvent>;

export type FulfilmentCommand =
  | { do: 'start'; order: Placed; expiresAt: Instant }
  | { do: 'noteReserved'; sku: string; timesOutAt: Instant }
  | { do: 'noteRefused'; sku: string; asked: number; available: number }
  | { do: 'noteReleased'; sku: string }
  | { do: 'noteAuthorised'; paymentId: string }
  | { do: 'noteDeclined'; paymentId: string; code: string; detail: string }
  | { do: 'noteVoided'; paymentId: string }
  | { do: 'noteRefunded'; paymentId: string }
  | { do: 'noteDispatched'; shipmentId: string; lines: readonly { sku: string; quantity: number }[] }
  | { do: 'noteDelivered' }
  | { do: 'noteShippingStopped' }
  | { do: 'cancel'; reason: Reason }
  | { do: 'passDeadline'; at: Instant };

type Placed = Extract<OrderEvent, { type: 'OrderPlaced' }>['data'];

/** `asked` waits for inventory's answer; only `reserved` holds stock. */
interface Line {
  readonly sku: string;
  readonly is: 'asked' | 'reserved' | 'refused' | 'released';
}

interface Work {
  readonly order: Extract<FulfilmentEvent, { type: 'ReservationRequested' }>['data'];
  readonly lines: readonly Line[];
  /** `returning` waits for payment's answer. */
  readonly payment: 'none' | 'asked' | 'returning' | 'returned';
  /** Those that have left the building. */
  readonly shipments: readonly string[];
}

export type FulfilmentState =
  | { readonly is: 'absent' }
  | { readonly is: 'reserving'; readonly work: Work }
  | { readonly is: 'authorising'; readonly work: Work; readonly timesOutAt: Instant }
  | { readonly is: 'confirmed'; readonly work: Work }
  /** To be cancelled, unless shipping has been faster. */
  | { readonly is: 'stopping'; readonly work: Work; readonly reason: Reason }
  | { readonly is: 'delivered' }
  | { readonly is: 'abandoning'; readonly work: Work; readonly outcome: Outcome; readonly reason: Reason }
  | { readonly is: 'undone'; readonly outcome: Outcome; readonly reason: Reason };

type Steps = readonly FulfilmentEvent[];

const decide = (command: FulfilmentCommand, state: FulfilmentState): Steps => {
  const steps = react(command, state);
  const next = steps.reduce(evolve, state);
  if (next.is !== 'abandoning' || !settled(next.work)) return steps;
  const { work, outcome, reason } = next;
  return [...steps, { type: 'FulfilmentUndone', data: { orderId: work.order.orderId, outcome, reason } }];
};

/** Each fact may come again, and facts of different streams in any order: what does not fit the state means nothing. */
const react = (command: FulfilmentCommand, state: FulfilmentState): Steps => {
  if (command.do === 'start') return state.is === 'absent' ? [start(command)] : [];
  if (state.is === 'absent' || state.is === 'delivered' || state.is === 'undone') return [];
  const { work } = state;
  const { orderId } = work.order;
  if ('paymentId' in command && command.paymentId !== work.order.paymentId) return [];
  switch (command.do) {
    case 'noteReserved': {
      const { sku, timesOutAt } = command;
      if (!standsAt(work, sku, 'asked')) return [];
      const reserved: FulfilmentEvent = { type: 'LineReserved', data: { orderId, sku } };
      if (state.is === 'abandoning') return [reserved, release(orderId, sku, hasExpired(state))];
      return [reserved, ...proceed(marked(work, sku, 'reserved'), timesOutAt)];
    }
    case 'noteRefused': {
      const { sku, asked, available } = command;
      if (!standsAt(work, sku, 'asked')) return [];
      const refused: FulfilmentEvent = { type: 'LineRefused', data: { orderId, sku, available } };
      if (state.is === 'abandoning') return [refused];
      const detail = `${asked} of ${sku} were ordered, ${available} are available.`;
      return [refused, ...abandon(work, 'rejected', { code: 'OUT_OF_STOCK', detail })];
    }
    case 'noteReleased': {
      const { sku } = command;
      if (!standsAt(work, sku, 'reserved')) return [];
      const released: FulfilmentEvent = { type: 'LineReleased', data: { orderId, sku } };
      if (state.is === 'abandoning' || isConfirmed(state)) return [released];
      // Not on this process's word: without the stock there is nothing to confirm.
      const reason = { code: 'RESERVATION_LOST', detail: `The reservation of ${sku} was released.` };
      return [released, ...abandon(marked(work, sku, 'released'), 'rejected', reason)];
    }
    case 'noteAuthorised':
      return state.is === 'authorising' ? [{ type: 'ConfirmationRequested', data: { orderId } }] : [];
    case 'noteDeclined': {
      if (state.is !== 'authorising') return paymentReturned(work, command.paymentId);
      const detail = `The payment was declined: ${command.code}, ${command.detail}`;
      return abandon({ ...work, payment: 'none' }, 'rejected', { code: 'PAYMENT_DECLINED', detail });
    }
    case 'noteVoided': {
      if (state.is === 'abandoning') return paymentReturned(work, command.paymentId);
      if (work.payment !== 'asked') return [];
      const { paymentId } = command;
      // Not on this process's word either. It has to be remembered, for it will not be heard of again.
      const returned: FulfilmentEvent = { type: 'PaymentReturned', data: { orderId, paymentId } };
      if (isConfirmed(state)) return [returned];
      const reason = { code: 'PAYMENT_LOST', detail: `Payment ${paymentId} was voided.` };
      return [returned, ...abandon({ ...work, payment: 'returned' }, 'rejected', reason)];
    }
    case 'noteRefunded':
      return paymentReturned(work, command.paymentId);
    case 'noteDispatched': {
      const { shipmentId, lines } = command;
      if (!isConfirmed(state) || work.shipments.includes(shipmentId)) return [];
      return [
        { type: 'StockCommitRequested', data: { orderId, shipmentId, lines } },
        { type: 'ShipmentRecordRequested', data: { orderId, shipmentId, lines } },
        ...capture(work),
      ];
    }
    case 'noteDelivered':
      return state.is === 'confirmed' ? [{ type: 'DeliveryRecordRequested', data: { orderId } }] : [];
    case 'noteShippingStopped': {
      if (state.is === 'abandoning' || work.shipments.length > 0) return [];
      // It stops for a cancellation only. If that has not been heard of yet, it is the word of shipping that counts.
      const stopped = { code: 'SHIPPING_STOPPED', detail: 'Shipping was stopped for a cancellation.' };
      return abandon(work, 'cancelled', state.is === 'stopping' ? state.reason : stopped);
    }
    case 'cancel': {
      const { reason } = command;
      if (state.is === 'reserving' || state.is === 'authorising') return abandon(work, 'cancelled', reason);
      return state.is === 'confirmed' && work.shipments.length === 0
        ? [{ type: 'ShippingStopAwaited', data: { orderId, reason } }]
        : [];
    }
    case 'passDeadline': {
      if (state.is !== 'reserving' && state.is !== 'authorising') return [];
      const { expiresAt } = work.order;
      if (command.at >= expiresAt) {
        const detail = `The reservations ran out at ${expiresAt}.`;
        return abandon(work, 'rejected', { code: 'RESERVATION_EXPIRED', detail });
      }
      if (state.is === 'reserving' || command.at < state.timesOutAt) return [];
      const detail = `The payment was not authorised by ${state.timesOutAt}.`;
      return abandon(work, 'rejected', { code: 'PAYMENT_TIMED_OUT', detail });
    }
  }
};

const start = ({ order, expiresAt }: Extract<FulfilmentCommand, { do: 'start' }>): FulfilmentEvent => {
  const { orderId, customerId, total, paymentId, paymentMethod } = order;
  const lines = order.lines.map(({ sku, quantity }) => ({ sku, quantity }));
  return {
    type: 'ReservationRequested',
    data: { orderId, customerId, lines, total, paymentId, paymentMethod, expiresAt },
  };
};

const proceed = ({ order, lines }: Work, timesOutAt: Instant): Steps => {
  if (lines.some(({ is }) => is !== 'reserved')) return [];
  const { orderId, customerId, paymentId, total: amount, paymentMethod: method } = order;
  return paymentId === null
    ? [{ type: 'ConfirmationRequested', data: { orderId } }]
    : [
        {
          type: 'AuthorisationRequested',
          data: { orderId, paymentId, customerId, amount, method, timesOutAt },
        },
      ];
};

/** All of the money, when the first shipment leaves. */
const capture = ({ order, payment, shipments }: Work): Steps => {
  const { orderId, paymentId, total: amount } = order;
  return paymentId !== null && payment === 'asked' && shipments.length === 0
    ? [{ type: 'CaptureRequested', data: { orderId, paymentId, amount } }]
    : [];
};

const isConfirmed = ({ is }: FulfilmentState): boolean => is === 'confirmed' || is === 'stopping';

const abandon = ({ order, lines, payment }: Work, outcome: Outcome, reason: Reason): Steps => {
  const { orderId, paymentId } = order;
  const expired = hasExpired({ outcome, reason });
  return [
    { type: 'FulfilmentAbandoned', data: { orderId, outcome, reason } },
    ...lines.filter(({ is }) => is === 'reserved').map(({ sku }) => release(orderId, sku, expired)),
    ...(payment === 'asked' && paymentId !== null
      ? [{ type: 'PaymentReturnRequested' as const, data: { orderId, paymentId } }]
      : []),
  ];
};

const hasExpired = ({ outcome, reason }: { outcome: Outcome; reason: Reason }): boolean =>
  outcome === 'rejected' && reason.code === 'RESERVATION_EXPIRED';

const release = (orderId: string, sku: string, expired: boolean): FulfilmentEvent => ({
  type: 'ReleaseRequested',
  data: { orderId, sku, expired },
});

const paymentReturned = ({ order: { orderId }, payment }: Work, paymentId: string): Steps =>
  payment === 'returning' ? [{ type: 'PaymentReturned', data: { orderId, paymentId } }] : [];

const standsAt = ({ lines }: Work, sku: string, is: Line['is']): boolean =>
  lines.some((line) => line.sku === sku && line.is === is);

const marked = (work: Work, sku: string, is: Line['is']): Work => ({
  ...work,
  lines: work.lines.map((line) => (line.sku === sku ? { sku, is } : line)),
});

/** Nothing is held and no answer is awaited. */
const settled = ({ lines, payment }: Work): boolean =>
  lines.every(({ is }) => is === 'refused' || is === 'released') && payment !== 'returning';

const evolve = (state: FulfilmentState, step: FulfilmentEvent): FulfilmentState => {
  if (step.type === 'ReservationRequested') {
    const lines = step.data.lines.map(({ sku }) => ({ sku, is: 'asked' as const }));
    return state.is === 'absent'
      ? { is: 'reserving', work: { order: step.data, lines, payment: 'none', shipments: [] } }
      : state;
  }
  if (state.is === 'absent' || state.is === 'delivered' || state.is === 'undone') return state;
  const { work } = state;
  switch (step.type) {
    case 'LineReserved':
      return { ...state, work: marked(work, step.data.sku, 'reserved') };
    case 'LineRefused':
      return { ...state, work: marked(work, step.data.sku, 'refused') };
    case 'LineReleased':
      return { ...state, work: marked(work, step.data.sku, 'released') };
    case 'AuthorisationRequested':
      return state.is === 'reserving'
        ? { is: 'authorising', work: { ...work, payment: 'asked' }, timesOutAt: step.data.timesOutAt }
        : state;
    case 'ConfirmationRequested':
      return state.is === 'abandoning' ? state : { is: 'confirmed', work };
    case 'ShippingStopAwaited':
      return state.is === 'confirmed' ? { is: 'stopping', work, reason: step.data.reason } : state;
    case 'ShipmentRecordRequested': {
      const shipments = [...work.shipments, step.data.shipmentId];
      return isConfirmed(state) ? { is: 'confirmed', work: { ...work, shipments } } : state;
    }
    case 'DeliveryRecordRequested':
      return { is: 'delivered' };
    case 'FulfilmentAbandoned': {
      const { outcome, reason } = step.data;
      return state.is === 'abandoning' ? state : { is: 'abandoning', work, outcome, reason };
    }
    case 'PaymentReturnRequested':
      return { ...state, work: { ...work, payment: 'returning' } };
    case 'PaymentReturned':
      return { ...state, work: { ...work, payment: 'returned' } };
    case 'FulfilmentUndone':
      return { is: 'undone', outcome: step.data.outcome, reason: step.data.reason };
    case 'ReleaseRequested':
    case 'StockCommitRequested':
    case 'CaptureRequested':
      return state;
  }
};

const observe =
  ({ reservationTtlMs, authorisationTimeoutMs }: FulfilmentSettings) =>
  (fact: FulfilmentFact, now: Instant): { id: string; command: FulfilmentCommand } | undefined => {
    switch (fact.type) {
      case 'OrderPlaced': {
        const expiresAt = later(now, reservationTtlMs);
        return { id: fact.data.orderId, command: { do: 'start', order: fact.data, expiresAt } };
      }
      case 'OrderCancellationRequested':
        return { id: fact.data.orderId, command: { do: 'cancel', reason: fact.data.reason } };
      case 'StockReserved': {
        const timesOutAt = later(now, authorisationTimeoutMs);
        return ofLine(fact.data, { do: 'noteReserved', sku: fact.data.sku, timesOutAt });
      }
      case 'StockReservationRefused': {
        const { sku, quantity: asked, available } = fact.data;
        return ofLine(fact.data, { do: 'noteRefused', sku, asked, available });
      }
      case 'StockReleased':
      case 'StockReservationExpired':
        return ofLine(fact.data, { do: 'noteReleased', sku: fact.data.sku });
      case 'PaymentAuthorised': {
        const { orderId, paymentId } = fact.data;
        return { id: orderId, command: { do: 'noteAuthorised', paymentId } };
      }
      case 'PaymentDeclined': {
        const { orderId, paymentId, code, detail } = fact.data;
        return { id: orderId, command: { do: 'noteDeclined', paymentId, code, detail } };
      }
      case 'PaymentVoided': {
        const { orderId, paymentId } = fact.data;
        return { id: orderId, command: { do: 'noteVoided', paymentId } };
      }
      case 'PaymentRefunded': {
        const { orderId, paymentId } = fact.data;
        return { id: orderId, command: { do: 'noteRefunded', paymentId } };
      }
      case 'ShipmentDispatched': {
        const { orderId, shipmentId, lines } = fact.data;
        return { id: orderId, command: { do: 'noteDispatched', shipmentId, lines } };
      }
      case 'ShipmentDelivered': {
        const { orderId, complete } = fact.data;
        return complete ? { id: orderId, command: { do: 'noteDelivered' } } : undefined;
      }
      case 'ShippingStopped':
        return { id: fact.data.orderId, command: { do: 'noteShippingStopped' } };
      default:
        return undefined;
    }
  };

/** The process reserves under the order's id; other reservations are somebody else's. */
const ofLine = (
  { orderId, reservationId }: { orderId: string; reservationId: string },
  command: FulfilmentCommand,
) => (orderId === reservationId ? { id: orderId, command } : undefined);

const later = (at: Instant, ms: number): Instant => new Date(Date.parse(at) + ms).toISOString();

export const fulfilment = (
  settings: FulfilmentSettings,
): Process<FulfilmentFact, FulfilmentCommand, FulfilmentEvent, FulfilmentState> => ({
  category: fulfilmentCategory,
  events: fulfilmentEvents,
  decider: { initial: { is: 'absent' }, decide, evolve },
  observe: observe(settings),
});

export type FulfilmentStep = 'reserving' | 'authorising' | 'confirmed' | 'stopping' | 'abandoning';

/** Where the fulfilment of an order stands; null before it has begun and after it has ended. */
export const fulfilmentStep = {
  initial: null,
  evolve: (step: FulfilmentStep | null, { type }: FulfilmentEvent): FulfilmentStep | null => {
    switch (type) {
      case 'ReservationRequested':
        return 'reserving';
      case 'AuthorisationRequested':
        return step === 'reserving' ? 'authorising' : step;
      case 'ConfirmationRequested':
        return step === 'abandoning' ? step : 'confirmed';
      case 'ShippingStopAwaited':
        return step === 'confirmed' ? 'stopping' : step;
      case 'ShipmentRecordRequested':
        return step === 'stopping' ? 'confirmed' : step;
      case 'FulfilmentAbandoned':
        return 'abandoning';
      case 'DeliveryRecordRequested':
      case 'FulfilmentUndone':
        return null;
      default:
        return step;
    }
  },
};

/** Until when the process waits, folded over its steps: what the deadline view keeps. null: for as long as it takes. */
export const deadline = {
  initial: null,
  evolve: (until: Instant | null, step: FulfilmentEvent): Instant | null => {
    switch (step.type) {
      case 'ReservationRequested':
        return step.data.expiresAt;
      case 'AuthorisationRequested':
        return until !== null && until < step.data.timesOutAt ? until : step.data.timesOutAt;
      case 'ConfirmationRequested':
      case 'FulfilmentAbandoned':
        return null;
      default:
        return until;
    }
  },
};
