import { describe, it } from '@jest/globals';
import { given } from '../../../testing/given-when-then.js';
import { notification, type NotificationCommand } from './notification.decider.js';
import { type NotificationEvent } from './notification.events.js';

const message = {
  notificationId: 'n1',
  orderId: 'o1',
  customerId: 'ann',
  template: 'order-placed',
  aboutEventId: 'e1',
} as const;
const refusal = { code: 'SMTP_550', detail: 'refused' };

const recordSent = (attempt: number): NotificationCommand => ({ do: 'recordSent', ...message, attempt });
const recordFailure = (attempt: number): NotificationCommand => ({
  do: 'recordFailure',
  ...message,
  attempt,
  ...refusal,
});
const sent = (attempt: number): NotificationEvent => ({
  type: 'NotificationSent',
  data: { ...message, attempt },
});
const failed = (attempt: number): NotificationEvent => ({
  type: 'NotificationFailed',
  data: { ...message, attempt, ...refusal },
});

const { decider } = notification;

describe('A notification', () => {
  it('is sent, or fails', () => {
    given(decider).when(recordSent(1)).then(sent(1));
    given(decider).when(recordFailure(1)).then(failed(1));
  });

  it('has one outcome an attempt, the first that is recorded', () => {
    for (const first of [sent(1), failed(1)]) {
      given(decider, first).when(recordSent(1)).then();
      given(decider, first).when(recordFailure(1)).then();
    }
    given(decider, sent(1), failed(2)).when(recordSent(1)).then();
    given(decider, sent(1), failed(2)).when(recordSent(2)).then();
  });

  it('is sent again after either outcome, one attempt after another', () => {
    given(decider, sent(1)).when(recordFailure(2)).then(failed(2));
    given(decider, failed(1)).when(recordSent(2)).then(sent(2));
    given(decider, failed(1), sent(2)).when(recordSent(3)).then(sent(3));
  });

  it('is not sent again before it was tried', () => {
    given(decider)
      .when(recordSent(2))
      .thenRejected('NOTIFICATION_NOT_FOUND', { detail: /^Notification n1 has no attempt 1\.$/ });
    given(decider, sent(1)).when(recordSent(3)).thenRejected('NOTIFICATION_NOT_FOUND');
  });
});
