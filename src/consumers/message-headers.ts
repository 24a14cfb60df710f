import { type Message } from '../ports/message-log.js';

/** The text of a header; of one that comes more than once, the last, as Kafka's clients read them. */
export const headerText = ({ headers }: Message, wanted: string): string | undefined =>
  headers.findLast(([name]) => name === wanted)?.[1].toString();

export const eventTypeOf = (message: Message): string | undefined => headerText(message, 'event-type');

/** What makes a second delivery the same: the event's id, or the place of a message that does not name one. */
export const eventIdOf = (message: Message): string => headerText(message, 'event-id') ?? placeOf(message);

export const placeOf = ({ topic, partition, offset }: Message): string => `${topic}/${partition}@${offset}`;
