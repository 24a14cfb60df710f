/** All that other domains may know of inventory. */
export * from './model/inventory.decider.js';
export * from './model/inventory.events.js';
