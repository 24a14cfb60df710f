import { type Message } from '../ports/message-log.js';
import { recordNames } from '../wire/events.generated.js';
import { headerNames, readHeader } from '../wire/headers.js';
import { topicOf } from '../wire/subjects.js';

export const eventTypeOf = ({ headers }: Message): string | undefined =>
  readHeader(headers, headerNames.eventType);

/** What makes a second delivery the same: the event's id, or the place of a message that does not name one. */
export const eventIdOf = (message: Message): string => {
  const id = readHeader(message.headers, headerNames.eventId);
  return id === undefined || id === '' ? placeOf(message) : id;
};

export const placeOf = ({ topic, partition, offset }: Message): string => `${topic}/${partition}@${offset}`;

const topicsByType: ReadonlyMap<string, string> = new Map(
  Object.entries(recordNames).map(([type, recordName]) => [type, topicOf(recordName)]),
);

/** Whether this program knows the type of event, and from this topic. */
export const belongsOn = (topic: string, eventType: string): boolean => topicsByType.get(eventType) === topic;
