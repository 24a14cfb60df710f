/** All that other domains may know of order. */
export * from './model/fulfilment.events.js';
export * from './model/order.events.js';
export * from './model/personal-data.js';
export { type OrderRejection } from './model/order.decider.js';
export { deadline, fulfilmentStep, type FulfilmentStep } from './model/fulfilment.process.js';
