import { type DomainEvent } from '../kernel/decider.js';
import { type Position, type Recorded, type RecordedEvent } from '../kernel/envelope.js';
import { type Change, type Stored } from '../ports/views.js';
import { decode, type Projection } from './projection.js';

/** The event that a projection cannot get past. */
export interface Poison {
  readonly error: unknown;
  readonly event: RecordedEvent;
  readonly documentId: string | null;
}

interface Keyed<Event extends DomainEvent> {
  readonly id: string;
  readonly recorded: RecordedEvent;
  readonly event: Recorded<Event>;
}

/** The events that concern a document, up to the first that the projection does not understand. */
export const keyed = <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  events: readonly RecordedEvent[],
): { readonly keyed: readonly Keyed<Event>[]; readonly poison?: Poison } => {
  const keyed: Keyed<Event>[] = [];
  for (const recorded of events) {
    try {
      const event = decode(projection, recorded);
      const id = event && projection.key(event);
      if (event !== undefined && id !== undefined) keyed.push({ id, recorded, event });
    } catch (error) {
      return { keyed, poison: { error, event: recorded, documentId: null } };
    }
  }
  return { keyed };
};

interface Folded<Doc> {
  readonly changes: readonly Change<Doc>[];
  /** Events that were newer than their document. */
  readonly applied: number;
  readonly poison?: Poison;
}

interface Working<Doc> {
  doc: Doc | undefined;
  position: Position | undefined;
}

/** What the events make of the stored documents; those that a document already holds are skipped by position. */
export const foldInto = <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  stored: readonly Stored<Doc>[],
  events: readonly Keyed<Event>[],
): Folded<Doc> => {
  const working = new Map<string, Working<Doc>>(
    stored.map(({ id, doc, position }) => [id, { doc, position }]),
  );
  const changes = new Map<string, Change<Doc>>();
  let applied = 0;
  for (const { id, recorded, event } of events) {
    const { position } = event;
    const { doc, position: seen } = working.get(id) ?? { doc: undefined, position: undefined };
    if (seen !== undefined && position <= seen) continue;
    try {
      const next = projection.evolve(doc, event);
      applied += 1;
      if (next === doc) continue;
      working.set(id, { doc: next, position });
      changes.set(id, { id, position, doc: next ?? null });
    } catch (error) {
      return { changes: [...changes.values()], applied, poison: { error, event: recorded, documentId: id } };
    }
  }
  return { changes: [...changes.values()], applied };
};
