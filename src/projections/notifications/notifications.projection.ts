import {
  notificationCategory,
  type NotificationEvent,
  notificationEvents,
  type Template,
} from '../../domains/notification/contract.js';
import { type Instant } from '../../kernel/envelope.js';
import { type Projection } from '../projection.js';

/** One message to a customer, as of its last attempt. */
export interface NotificationStatus {
  readonly notificationId: string;
  readonly orderId: string;
  readonly template: Template;
  readonly status: 'sent' | 'failed';
  readonly attempt: number;
  readonly aboutEventId: string;
  readonly at: Instant;
  readonly failure: { readonly code: string; readonly detail: string } | null;
  readonly revision: number;
}

export interface NotificationDocument {
  readonly notification: NotificationStatus;
  readonly firstAt: Instant;
}

export const notificationsProjection: Projection<NotificationEvent, NotificationDocument> = {
  name: 'notifications',
  version: 1,
  reads: { [notificationCategory]: notificationEvents },
  indexes: [['notification.orderId', 'firstAt']],
  key: ({ data }) => data.notificationId,
  evolve: (doc, { type, data, metadata, revision }) => {
    const { notificationId, orderId, template, aboutEventId, attempt } = data;
    const at = metadata.occurredAt;
    const failed = type === 'NotificationFailed';
    return {
      notification: {
        notificationId,
        orderId,
        template,
        status: failed ? 'failed' : 'sent',
        attempt,
        aboutEventId,
        at,
        failure: failed ? { code: data.code, detail: data.detail } : null,
        revision,
      },
      firstAt: doc?.firstAt ?? at,
    };
  },
};
