/** All that other domains may know of shipping. */
export * from './model/shipment.events.js';
