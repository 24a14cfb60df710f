import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DomainEvent, type EventVersions } from '../kernel/decider.js';
import { type Position, type RecordedEvent, upcast } from '../kernel/envelope.js';
import { streamOf } from '../kernel/ids.js';
import { type EventStore } from '../ports/event-store.js';
import { StreamCache, type StreamState } from './stream-cache.js';

/** What reading an aggregate takes: its events and how they fold. */
export interface Foldable<Event extends DomainEvent, State> {
  readonly category: string;
  readonly events: EventVersions<Event>;
  readonly decider: { readonly initial: State; evolve(state: State, event: Event): State };
}

const pageSize = 1000;

/** Folds streams into states, starting from what it remembers of them. */
export class AggregateReader<Event extends DomainEvent, State> {
  private readonly cache: StreamCache<State>;

  /** @param cacheWeight how many events' worth of folded streams are kept in memory */
  constructor(
    private readonly aggregate: Foldable<Event, State>,
    private readonly store: EventStore,
    cacheWeight = 30_000,
  ) {
    this.cache = new StreamCache(cacheWeight);
  }

  /** The aggregate as of now. */
  load(id: string): Promise<StreamState<State>> {
    const stream = streamOf(this.aggregate.category, id);
    return this.refresh(stream, this.remembered(stream));
  }

  /** The state when it was last read or written, which may be a while ago; undefined when it is not remembered. */
  remembered(stream: string): StreamState<State> | undefined {
    return this.cache.get(stream);
  }

  remember(stream: string, state: StreamState<State>): void {
    this.cache.put(stream, state);
  }

  /** The stream's state from what is known of it and the events that have come since. */
  async refresh(stream: string, known: StreamState<State> = this.absent()): Promise<StreamState<State>> {
    const news = await this.readAll(stream, known.revision + 1, Infinity);
    const last = news.at(-1);
    if (last === undefined) return known;
    for (const { revision, metadata } of news) {
      const first = known.commands.get(metadata.commandId)?.first ?? revision;
      known.commands.set(metadata.commandId, { first, last: revision, requestHash: metadata.requestHash });
    }
    const state = this.fold(
      known.state,
      news.map((event) => this.domainEvent(event)),
    );
    const read = { state, revision: last.revision, position: last.position, commands: known.commands };
    this.remember(stream, read);
    return read;
  }

  /** All events up to a revision. */
  async history(stream: string, to: number): Promise<readonly { event: Event; position: Position }[]> {
    const recorded = await this.readAll(stream, 0, to);
    return recorded.map((event) => ({ event: this.domainEvent(event), position: event.position }));
  }

  fold(state: State, events: readonly Event[]): State {
    return events.reduce((folded, event) => this.aggregate.decider.evolve(folded, event), state);
  }

  /** What is known of a stream before it is read. */
  absent(): StreamState<State> {
    return { state: this.aggregate.decider.initial, revision: -1, position: undefined, commands: new Map() };
  }

  private async readAll(stream: string, from: number, to: number): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (;;) {
      const next = from + events.length;
      const limit = Math.min(pageSize, to - next + 1);
      if (limit <= 0) return events;
      const page = await this.store.readStream(stream, { from: next, limit });
      events.push(...page);
      if (page.length < limit) return events;
      // A long stream must not keep everybody else waiting.
      await nextTurn();
    }
  }

  private domainEvent(event: RecordedEvent): Event {
    const { type, data } = upcast(this.aggregate.events, event, `The ${this.aggregate.category} aggregate`);
    // `type` and `data` belong together: the compiler only loses the pairing.
    return { type, data } as Event;
  }
}
