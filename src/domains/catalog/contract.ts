/** All that other domains may know of catalog. */
export * from './model/product.events.js';
