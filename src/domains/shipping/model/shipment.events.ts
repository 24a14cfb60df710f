import { type EventVersions } from '../../../kernel/decider.js';
import { type Sealed } from '../../../kernel/sealed.js';

export interface ShipmentLine {
  sku: string;
  quantity: number;
}

interface Shipment {
  orderId: string;
  shipmentId: string;
}

/** The facts of one order's shipments, in stream `shipment-<orderId>`: what was ordered is shared out among them. */
export type ShipmentEvent =
  /** What there is to ship, once the order is confirmed. */
  | {
      type: 'ShippingPlanned';
      data: {
        orderId: string;
        customerId: string;
        lines: readonly ShipmentLine[];
        /** Sealed under the customer's key; null when the order has none. */
        shippingAddress: Sealed | null;
      };
    }
  | { type: 'ShipmentCreated'; data: Shipment & { lines: readonly ShipmentLine[] } }
  /** The lines now travel in a shipment of their own. */
  | { type: 'ShipmentSplit'; data: Shipment & { newShipmentId: string; lines: readonly ShipmentLine[] } }
  | {
      type: 'ShipmentDispatched';
      data: Shipment & {
        lines: readonly ShipmentLine[];
        trackingNumber: string;
        /** Nothing of the order is left to dispatch. */
        complete: boolean;
      };
    }
  /** `complete`: all that was ordered has been delivered. */
  | { type: 'ShipmentDelivered'; data: Shipment & { complete: boolean } }
  /** Before it was dispatched its lines are to be shipped again; afterwards they are lost. */
  | {
      type: 'ShipmentFailed';
      data: Shipment & { lines: readonly ShipmentLine[]; dispatched: boolean; reason: string };
    }
  /** Nothing was dispatched and nothing will be: the order is being cancelled. */
  | { type: 'ShippingStopped'; data: { orderId: string } };

export const shipmentCategory = 'shipment';

export const shipmentEvents: EventVersions<ShipmentEvent> = {
  ShippingPlanned: { current: 1 },
  ShipmentCreated: { current: 1 },
  ShipmentSplit: { current: 1 },
  ShipmentDispatched: { current: 1 },
  ShipmentDelivered: { current: 1 },
  ShipmentFailed: { current: 1 },
  ShippingStopped: { current: 1 },
};
