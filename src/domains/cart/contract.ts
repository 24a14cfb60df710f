/** All that other domains may know of cart. */
export * from './model/cart.events.js';
