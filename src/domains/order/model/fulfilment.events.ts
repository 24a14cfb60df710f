import { type EventVersions } from '../../../kernel/decider.js';
import { type Instant } from '../../../kernel/envelope.js';
import { type Money } from '../../../kernel/money.js';
import { type Reason } from './order.events.js';

export type Outcome = 'rejected' | 'cancelled';

/**
 * The steps of one order's fulfilment, in stream `fulfilment-<orderId>`. The `…Requested` ones are the commands that the
 * process sends: the service they are meant for reads them here, so sending and deciding are one append.
 */
export type FulfilmentEvent =
  /** Asks inventory to reserve every line under the order's id. */
  | {
      type: 'ReservationRequested';
      data: {
        orderId: string;
        customerId: string;
        lines: readonly { sku: string; quantity: number }[];
        total: Money;
        paymentId: string | null;
        paymentMethod: string;
        expiresAt: Instant;
      };
    }
  | { type: 'LineReserved'; data: { orderId: string; sku: string } }
  | { type: 'LineRefused'; data: { orderId: string; sku: string; available: number } }
  /** Asks payment to authorise the total. */
  | {
      type: 'AuthorisationRequested';
      data: {
        orderId: string;
        paymentId: string;
        customerId: string;
        amount: Money;
        method: string;
        timesOutAt: Instant;
      };
    }
  /** Asks the order to confirm itself: every line is reserved and the money is authorised. */
  | { type: 'ConfirmationRequested'; data: { orderId: string } }
  /** The order is to be cancelled: shipping says first whether nothing has been dispatched yet. */
  | { type: 'ShippingStopAwaited'; data: { orderId: string; reason: Reason } }
  /** Asks inventory to take the shipped units off the shelf. */
  | {
      type: 'StockCommitRequested';
      data: { orderId: string; shipmentId: string; lines: readonly { sku: string; quantity: number }[] };
    }
  /** Asks payment to take the money that is authorised. */
  | { type: 'CaptureRequested'; data: { orderId: string; paymentId: string; amount: Money } }
  /** Asks the order to record that the lines are shipped. */
  | {
      type: 'ShipmentRecordRequested';
      data: { orderId: string; shipmentId: string; lines: readonly { sku: string; quantity: number }[] };
    }
  /** Asks the order to record that all of it is delivered. */
  | { type: 'DeliveryRecordRequested'; data: { orderId: string } }
  /** The order will not be fulfilled; from here on everything taken is given back. */
  | { type: 'FulfilmentAbandoned'; data: { orderId: string; outcome: Outcome; reason: Reason } }
  /** Asks inventory to give the line's units back. */
  | { type: 'ReleaseRequested'; data: { orderId: string; sku: string; expired: boolean } }
  | { type: 'LineReleased'; data: { orderId: string; sku: string } }
  /** Asks payment to void what is or will be authorised, or to refund what is captured. */
  | { type: 'PaymentReturnRequested'; data: { orderId: string; paymentId: string } }
  | { type: 'PaymentReturned'; data: { orderId: string; paymentId: string } }
  /** Nothing taken is left: asks the order to reject or cancel itself. */
  | { type: 'FulfilmentUndone'; data: { orderId: string; outcome: Outcome; reason: Reason } };

export const fulfilmentCategory = 'fulfilment';

export const fulfilmentEvents: EventVersions<FulfilmentEvent> = {
  ReservationRequested: { current: 1 },
  LineReserved: { current: 1 },
  LineRefused: { current: 1 },
  AuthorisationRequested: { current: 1 },
  ConfirmationRequested: { current: 1 },
  ShippingStopAwaited: { current: 1 },
  StockCommitRequested: { current: 1 },
  CaptureRequested: { current: 1 },
  ShipmentRecordRequested: { current: 1 },
  DeliveryRecordRequested: { current: 1 },
  FulfilmentAbandoned: { current: 1 },
  ReleaseRequested: { current: 1 },
  LineReleased: { current: 1 },
  PaymentReturnRequested: { current: 1 },
  PaymentReturned: { current: 1 },
  FulfilmentUndone: { current: 1 },
};
