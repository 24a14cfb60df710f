/** All that other domains may know of order. */
export * from './model/fulfilment.events.js';
export * from './model/order.events.js';
