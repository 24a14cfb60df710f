import { type DomainEvent } from '../kernel/decider.js';
import { type Position, type Recorded, type RecordedEvent } from '../kernel/envelope.js';
import { type ProjectionFailure } from '../ports/generations.js';
import { type Change, type Stored } from '../ports/views.js';
import { decode, type Projection } from './projection.js';

/** The event that a projection cannot get past. */
export const poisonOf = (
  error: unknown,
  { id, type, stream, revision, position }: Omit<RecordedEvent, 'data' | 'metadata'>,
  documentId: string | null,
): ProjectionFailure => {
  const message = error instanceof Error ? error.message : String(error);
  return { message, eventId: id, type, stream, revision, position, documentId };
};

export interface Keyed<Event extends DomainEvent> {
  readonly id: string;
  readonly recorded: RecordedEvent;
  readonly event: Recorded<Event>;
}

/** The events that concern a document, up to the first that the projection does not understand. */
export const keyed = <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  events: readonly RecordedEvent[],
): { readonly keyed: readonly Keyed<Event>[]; readonly poison?: ProjectionFailure } => {
  const keyed: Keyed<Event>[] = [];
  for (const recorded of events) {
    try {
      const event = decode(projection, recorded);
      const id = event && projection.key(event);
      if (event !== undefined && id !== undefined) keyed.push({ id, recorded, event });
    } catch (error) {
      return { keyed, poison: poisonOf(error, recorded, null) };
    }
  }
  return { keyed };
};

/** A document in memory; both undefined while there is none. */
export interface Working<Doc> {
  readonly doc: Doc | undefined;
  readonly position: Position | undefined;
}

export const workingOn = <Doc extends object>(stored: readonly Stored<Doc>[]): Map<string, Working<Doc>> =>
  new Map(stored.map(({ id, doc, position }) => [id, { doc, position }]));

interface Folded {
  /** The documents that are not what they were. */
  readonly changed: ReadonlySet<string>;
  /** Events that were newer than their document. */
  readonly applied: number;
  readonly poison?: ProjectionFailure;
}

/** Folds the events into the documents in memory; those that a document already holds are skipped by position. */
export const foldInto = <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  working: Map<string, Working<Doc>>,
  events: readonly Keyed<Event>[],
): Folded => {
  const changed = new Set<string>();
  let applied = 0;
  for (const { id, recorded, event } of events) {
    const { position } = event;
    const { doc, position: seen } = working.get(id) ?? nothing;
    if (seen !== undefined && position <= seen) continue;
    try {
      const next = projection.evolve(doc, event);
      applied += 1;
      if (next === doc) continue;
      working.set(id, { doc: next, position });
      changed.add(id);
    } catch (error) {
      return { changed, applied, poison: poisonOf(error, recorded, id) };
    }
  }
  return { changed, applied };
};

const nothing = { doc: undefined, position: undefined };

export const changesOf = <Doc extends object>(
  working: ReadonlyMap<string, Working<Doc>>,
  ids: Iterable<string>,
): readonly Change<Doc>[] => {
  const changes: Change<Doc>[] = [];
  for (const id of ids) {
    const { doc, position } = working.get(id) ?? nothing;
    if (position !== undefined) changes.push({ id, position, doc: doc ?? null });
  }
  return changes;
};
