/** All that other domains may know of notification. */
export * from './model/notification.events.js';
export { mailIdOf } from './model/letters.js';
export { type NotificationRejection } from './model/notification.decider.js';
