import { mailIdOf } from '../../domains/notification/contract.js';
import { type Mail, type Mailer } from '../../ports/mailer.js';
import { type ReadableView } from '../../ports/views.js';
import { pageOf, type PageOf, pageRequest, type PageRequest } from '../page.js';
import { type NotificationDocument, type NotificationStatus } from './notifications.projection.js';

export interface NotificationSearch extends PageRequest {
  readonly orderId: string;
}

export interface Notification extends NotificationStatus {
  /** null where it was not sent, the mailer keeps none, or its key is forgotten. */
  readonly mail: Pick<Mail, 'to' | 'subject' | 'text'> | null;
}

/** Of one order, in the order in which they were first tried. */
export const findNotifications = async (
  view: ReadableView<NotificationDocument>,
  mailer: Mailer,
  search: NotificationSearch,
): Promise<PageOf<Notification>> => {
  const found = await view.find({
    where: [{ path: 'notification.orderId', equals: search.orderId }],
    sort: { path: 'firstAt', direction: 'ascending' },
    ...pageRequest(search),
  });
  const { items, nextCursor } = pageOf(found, ({ notification }) => notification);
  const sent = await mailer.sent(items.filter(({ status }) => status === 'sent').map(mailIdOf));
  const mails = new Map(sent.map((mail) => [mail.id, mail]));
  const withMail = (notification: NotificationStatus): Notification => {
    const mail = mails.get(mailIdOf(notification));
    if (mail === undefined) return { ...notification, mail: null };
    const { to, subject, text } = mail;
    return { ...notification, mail: { to, subject, text } };
  };
  return { items: items.map(withMail), nextCursor };
};
