import { type Aggregate } from '../../../kernel/decider.js';
import { reject, type Rejection } from '../../../kernel/rejection.js';
import { notificationCategory, type NotificationEvent, notificationEvents } from './notification.events.js';

type Sent = Extract<NotificationEvent, { type: 'NotificationSent' }>['data'];
type Failed = Extract<NotificationEvent, { type: 'NotificationFailed' }>['data'];

/** What became of an attempt. The mail has been sent or not before it is known: nothing is decided any more. */
export type NotificationCommand = ({ do: 'recordSent' } & Sent) | ({ do: 'recordFailure' } & Failed);

export type NotificationState =
  | { readonly is: 'absent' }
  | {
      /** As of the last attempt. */
      readonly is: 'sent' | 'failed';
      readonly message: Omit<Sent, 'attempt'>;
      readonly attempts: number;
    };

export type NotificationRejection = Rejection<
  'NOTIFICATION_NOT_FOUND' | 'NO_CONTACT' | 'CONTACT_FORGOTTEN' | 'RESEND_OVERTAKEN'
>;

const decide = (
  command: NotificationCommand,
  state: NotificationState,
): readonly NotificationEvent[] | NotificationRejection => {
  const attempts = state.is === 'absent' ? 0 : state.attempts;
  // Recorded before, by whoever had the same event in hand.
  if (command.attempt <= attempts) return [];
  if (command.attempt > attempts + 1) {
    const detail = `Notification ${command.notificationId} has no attempt ${command.attempt - 1}.`;
    return reject('NOTIFICATION_NOT_FOUND', detail);
  }
  if (command.do === 'recordSent') {
    const { do: _, ...data } = command;
    return [{ type: 'NotificationSent', data }];
  }
  const { do: _, ...data } = command;
  return [{ type: 'NotificationFailed', data }];
};

const evolve = (_: NotificationState, { type, data }: NotificationEvent): NotificationState => {
  const { notificationId, orderId, customerId, template, aboutEventId, attempt } = data;
  return {
    is: type === 'NotificationSent' ? 'sent' : 'failed',
    message: { notificationId, orderId, customerId, template, aboutEventId },
    attempts: attempt,
  };
};

export const notification: Aggregate<
  NotificationCommand,
  NotificationEvent,
  NotificationState,
  NotificationRejection
> = {
  category: notificationCategory,
  events: notificationEvents,
  decider: { initial: { is: 'absent' }, decide, evolve },
};
