import {
  shipmentCategory,
  type ShipmentEvent,
  shipmentEvents,
  shipping,
  type ShippingState,
} from '../../domains/shipping/contract.js';
import { type Projection } from '../projection.js';

/** One order's shipments. Where they go is not kept here: personal data stays where it is needed. */
export interface OrderShipments {
  readonly shipping: ShippingState;
  readonly revision: number;
}

/** One document an order, for a split and a failure concern more than one shipment. */
export const shipmentsProjection: Projection<ShipmentEvent, OrderShipments> = {
  name: 'shipments',
  version: 1,
  reads: { [shipmentCategory]: shipmentEvents },
  indexes: [],
  key: ({ data }) => data.orderId,
  evolve: (doc, event) => ({
    shipping: shipping.decider.evolve(doc?.shipping ?? shipping.decider.initial, event),
    revision: event.revision,
  }),
};
