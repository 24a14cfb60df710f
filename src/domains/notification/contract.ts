/** All that other domains may know of notification. */
export * from './model/notification.events.js';
