/** All that other domains may know of inventory. */
export * from './model/inventory.events.js';
export {
  availableOf,
  inventory,
  type InventoryRejection,
  type InventoryState,
} from './model/inventory.decider.js';
