import { type RecordedEvent } from '../kernel/envelope.js';
import { streamOf } from '../kernel/ids.js';
import { isRejection } from '../kernel/rejection.js';
import { type EventFilter } from '../ports/event-store.js';
import { type Logger } from '../ports/logger.js';
import { type Reaction } from './reactor.js';

/** The reactions of one service, run by the processes that have the role `process` for it. */
export interface ServiceReactions {
  reactions(): readonly Reaction[];
}

export const streamsOf = (...categories: readonly string[]): EventFilter => ({
  streamPrefixes: categories.map((category) => streamOf(category, '')),
});

/** A reaction's command that is refused will not fare better a second time; it must not go unseen either. */
export const reportRefusal = (outcome: unknown, cause: RecordedEvent, logger: Logger): void => {
  if (!isRejection(outcome)) return;
  const { id: eventId, type, stream, revision } = cause;
  logger.error({ eventId, type, stream, revision, code: outcome.code }, `Refused: ${outcome.detail}`);
};
