/** All that other domains may know of payment. */
export * from './model/payment.events.js';
export { type PaymentRejection } from './model/payment.decider.js';
