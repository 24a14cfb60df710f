/** All that other domains may know of inventory. */
export * from './model/inventory.events.js';
