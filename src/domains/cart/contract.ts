/** All that other domains may know of cart. */
export * from './model/cart.events.js';
export { type CartRejection } from './model/cart.decider.js';
