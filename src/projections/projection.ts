import { type DomainEvent, type EventVersions } from '../kernel/decider.js';
import { type Recorded, type RecordedEvent, upcast } from '../kernel/envelope.js';
import { categoryOf } from '../kernel/ids.js';
import { streamsOf } from '../execution/service-reactions.js';
import { type EventFilter } from '../ports/event-store.js';
import { type ViewDefinition } from '../ports/views.js';

/** How events become the documents of one view: pure, so a view is always what a replay of the events gives. */
export interface Projection<Event extends DomainEvent, Doc extends object> {
  /** Letters, digits and underscores: it names the storage. */
  readonly name: string;
  /** Raised with every change of what the documents hold: the new version is built beside the old one. */
  readonly version: number;
  /** The categories of streams it reads; `Event` is the union of all their events. */
  readonly reads: Readonly<Record<string, EventVersions<DomainEvent>>>;
  readonly indexes: ViewDefinition['indexes'];
  /** The document that the event concerns; undefined when it concerns none. */
  key(event: Recorded<Event>): string | undefined;
  /**
   * The next document. The same reference says unchanged, undefined removes. A removed document has no position
   * left to guard it, so its events may come again: what removes must do so whatever it finds.
   */
  evolve(doc: Doc | undefined, event: Recorded<Event>): Doc | undefined;
}

export type AnyProjection = Projection<DomainEvent, object>;

type Named = Pick<AnyProjection, 'name' | 'version'>;

const nameOf = ({ name, version }: Named): string => `${name}_v${version}`;

/** The view's documents in one of its storages. */
export const viewIn = ({ indexes }: Pick<AnyProjection, 'indexes'>, storage: string): ViewDefinition => ({
  name: storage,
  indexes,
});

export const eventFilter = ({ reads }: Pick<AnyProjection, 'reads'>): EventFilter =>
  streamsOf(...Object.keys(reads));

/**
 * The event as of today's version; undefined when the projection does not read its category.
 * @throws UnknownEvent for a type or version that the category's reader does not know.
 */
export const decode = <Event extends DomainEvent, Doc extends object>(
  projection: Projection<Event, Doc>,
  event: RecordedEvent,
): Recorded<Event> | undefined => {
  const versions = projection.reads[categoryOf(event.stream)];
  // `Event` is what `reads` lists, which the compiler cannot see.
  return versions && upcast(versions as EventVersions<Event>, event, nameOf(projection));
};

/** For events that cannot come first: a stream that begins with one is broken, and the view stops at it. */
export const existing = <Doc extends object>(
  doc: Doc | undefined,
  event: Pick<RecordedEvent, 'type'>,
): Doc => {
  if (doc === undefined) throw new Error(`${event.type} came before the event that begins its document.`);
  return doc;
};
