import { type EventVersions } from '../../../kernel/decider.js';

export const templates = [
  'order-placed',
  'order-confirmed',
  'order-rejected',
  'order-shipped',
  'order-delivered',
  'payment-declined',
  'payment-refunded',
] as const;
export type Template = (typeof templates)[number];

interface Notification {
  notificationId: string;
  orderId: string;
  customerId: string;
  template: Template;
  /** The event that the customer is told of. */
  aboutEventId: string;
  /** 1 for the first; an operator may have it sent again. */
  attempt: number;
}

/** The facts of one message to a customer, in stream `notification-<notificationId>`. */
export type NotificationEvent =
  | { type: 'NotificationSent'; data: Notification }
  | { type: 'NotificationFailed'; data: Notification & { code: string; detail: string } };

export const notificationCategory = 'notification';

export const notificationEvents: EventVersions<NotificationEvent> = {
  NotificationSent: { current: 1 },
  NotificationFailed: { current: 1 },
};
