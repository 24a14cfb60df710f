import { type PublicType } from '../wire/public-record.js';

/** Which events from the topics each consumer group acts on; docs/events.md says so, too. */
export const subscriptions = {
  shipping: ['OrderConfirmed', 'OrderCancellationRequested'],
  notification: [
    'OrderPlaced',
    'OrderConfirmed',
    'OrderRejected',
    'OrderShipped',
    'OrderDelivered',
    'PaymentDeclined',
    'PaymentRefunded',
  ],
} as const satisfies Readonly<Record<string, readonly PublicType[]>>;
