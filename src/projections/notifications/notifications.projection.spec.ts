import { describe, expect, it } from '@jest/globals';
import { type NotificationEvent } from '../../domains/notification/contract.js';
import { refold } from '../refold.js';
import { history, instant, on } from '../testing/history.js';
import { notificationsProjection } from './notifications.projection.js';

const message = {
  notificationId: 'n',
  orderId: 'o',
  customerId: 'ann',
  template: 'order-placed',
  aboutEventId: 'e',
} as const;
const failure = { code: 'SMTP_550', detail: 'refused' };
const sent = (attempt: number): NotificationEvent => ({
  type: 'NotificationSent',
  data: { ...message, attempt },
});
const failed = (attempt: number): NotificationEvent => ({
  type: 'NotificationFailed',
  data: { ...message, attempt, ...failure },
});

const after = (...events: readonly NotificationEvent[]) =>
  refold(notificationsProjection, history(...events.map((event) => on('notification-n', event)))).get('n');

const { customerId: _, ...shown } = message;

describe('notifications', () => {
  it('are as their last attempt left them, and stay where their first one put them', () => {
    const firstAt = instant(0);
    expect(after(failed(1))).toStrictEqual({
      notification: { ...shown, status: 'failed', attempt: 1, at: instant(0), failure, revision: 0 },
      firstAt,
    });
    expect(after(failed(1), sent(2))).toStrictEqual({
      notification: { ...shown, status: 'sent', attempt: 2, at: instant(1), failure: null, revision: 1 },
      firstAt,
    });
    expect(after(failed(1), sent(2), failed(3))).toStrictEqual({
      notification: { ...shown, status: 'failed', attempt: 3, at: instant(2), failure, revision: 2 },
      firstAt,
    });
  });
});
