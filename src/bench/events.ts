import { type RecordedEvent } from '../kernel/envelope.js';
import { type EventFilter, type EventStore } from '../ports/event-store.js';
import { largeBatch } from '../projections/runner.js';

/** All events that match, in commit order. */
export const readAll = async (
  store: EventStore,
  filter: EventFilter = {},
): Promise<readonly RecordedEvent[]> => {
  const all: RecordedEvent[] = [];
  for await (const { events, caughtUp } of store.subscribe({
    from: 'start',
    filter,
    batchSize: largeBatch,
  })) {
    all.push(...events);
    if (caughtUp) break;
  }
  return all;
};
