/** All that other domains may know of shipping. */
export * from './model/shipment.events.js';
export {
  orderOf,
  type Shipment,
  shipmentIn,
  shipping,
  type ShippingRejection,
  type ShippingState,
} from './model/shipping.decider.js';
