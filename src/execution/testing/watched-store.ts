import { type NewEvent } from '../../kernel/envelope.js';
import {
  type Appended,
  type EventStore,
  type ExpectedRevision,
  type ReadOptions,
} from '../../ports/event-store.js';

/** An event store that counts, and into whose appends a test can step. */
export class WatchedStore implements EventStore {
  /** How many events each append that was tried had. */
  readonly appends: number[] = [];
  /** From which revision each read started. */
  readonly reads: number[] = [];
  /** What happens to the next appends, one after another. */
  readonly steps: ((append: () => Promise<Appended>) => Promise<Appended>)[] = [];

  constructor(private readonly store: EventStore) {}

  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    this.appends.push(events.length);
    const append = () => this.store.append(stream, expected, events);
    return this.steps.shift()?.(append) ?? append();
  }

  readStream(stream: string, options: ReadOptions = {}) {
    this.reads.push(options.from ?? 0);
    return this.store.readStream(stream, options);
  }

  subscribe(...args: Parameters<EventStore['subscribe']>) {
    return this.store.subscribe(...args);
  }

  subscribeTexts(...args: Parameters<EventStore['subscribeTexts']>) {
    return this.store.subscribeTexts(...args);
  }

  fractionAt(...args: Parameters<EventStore['fractionAt']>) {
    return this.store.fractionAt(...args);
  }

  head() {
    return this.store.head();
  }

  close() {
    return this.store.close();
  }
}
