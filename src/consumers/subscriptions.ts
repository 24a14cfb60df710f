import { type TopicSpec } from '../ports/message-log.js';
import { recordNames } from '../wire/events.generated.js';
import { topicOf } from '../wire/subjects.js';
import { type PublicType } from '../wire/public-record.js';
import { topicSpecsOf } from './dead-letter-topic.js';

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

type Group = keyof typeof subscriptions;

/** Of which types the group's handler is told. */
export type Subscribed<Of extends Group> = (typeof subscriptions)[Of][number];

/** The group, and the topics that its events are in. */
export const subscription = <Of extends Group>(group: Of) => {
  const handles: readonly Subscribed<Of>[] = subscriptions[group];
  return { group, handles, topics: [...new Set(handles.map((type) => topicOf(recordNames[type])))] };
};

export const consumerTopicSpecs = (partitions: number): readonly TopicSpec[] =>
  (Object.keys(subscriptions) as Group[]).flatMap((group) => topicSpecsOf(subscription(group), partitions));
