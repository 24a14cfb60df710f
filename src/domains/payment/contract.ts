/** All that other domains may know of payment. */
export * from './model/payment.decider.js';
export * from './model/payment.events.js';
