import { type DomainEvent } from '../kernel/decider.js';
import { type RecordedEvent } from '../kernel/envelope.js';
import { decode, type Projection } from './projection.js';

/** What a view holds after all events: the documents by id. It is the measure of every runner. */
export const refold = <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  events: readonly RecordedEvent[],
): Map<string, Doc> => {
  const docs = new Map<string, Doc>();
  for (const recorded of events) {
    const event = decode(projection, recorded);
    const id = event && projection.key(event);
    if (event === undefined || id === undefined) continue;
    const next = projection.evolve(docs.get(id), event);
    if (next === undefined) docs.delete(id);
    else docs.set(id, next);
  }
  return docs;
};
