import { type RecordedEvent } from '../../kernel/envelope.js';
import { type Message, type NewMessage } from '../../ports/message-log.js';
import { textHeaders } from '../../wire/headers.js';

export const sampleTopic = 'samples';

/** The event in JSON, under the headers that a verification looks at. */
export const sampleMessage = (event: RecordedEvent): NewMessage => ({
  topic: sampleTopic,
  key: Buffer.from(event.stream),
  value: Buffer.from(JSON.stringify(event.data)),
  headers: textHeaders({
    'event-id': event.id,
    stream: event.stream,
    revision: String(event.revision),
    position: event.position,
  }),
});

/** A contract in which every event is published as it is stored. */
export const sampleTranslation = {
  prepare: () => Promise.resolve(),
  messageOf: sampleMessage,
  difference: (event: RecordedEvent, { value }: Message): Promise<string | undefined> =>
    Promise.resolve(value?.toString() === JSON.stringify(event.data) ? undefined : 'the content differs'),
};
