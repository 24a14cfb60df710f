import { type RecordedEvent } from '../kernel/envelope.js';
import { type NewMessage } from '../ports/message-log.js';
import { textHeaders } from '../wire/headers.js';
import { type Unpublishable } from './unpublishable.js';

/** Where the bridge puts what it cannot encode, when it is told to go on. */
export const bridgeDeadLetters = 'commerce.bridge.dead-letters';

/** The event as it is stored, in JSON, and why it is here. */
export const deadLetterOf = (event: RecordedEvent, { message }: Unpublishable): NewMessage => ({
  topic: bridgeDeadLetters,
  key: Buffer.from(event.stream),
  value: Buffer.from(JSON.stringify(event)),
  headers: textHeaders({
    'event-id': event.id,
    'event-type': event.type,
    'event-version': String(event.version),
    stream: event.stream,
    revision: String(event.revision),
    position: event.position,
    'content-type': 'application/json',
    'dead-letter-reason': message,
  }),
});
