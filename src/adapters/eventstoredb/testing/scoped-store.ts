import { type Position } from '../../../kernel/envelope.js';
import {
  ConcurrencyConflict,
  type EventFilter,
  type EventStore,
  type SubscribeOptions,
  type Subscription,
} from '../../../ports/event-store.js';

/** A part of $all that nobody else writes to: everything behind a position, and in it streams with a prefix. */
export interface Scope {
  readonly prefix: string;
  /** The head before anything was written; undefined when the log was empty. */
  readonly origin: Position | undefined;
}

/** The store as if the scope were all of its log. */
export const scopedStore = (store: EventStore, { prefix, origin }: Scope): EventStore => {
  const inside = <Event extends { readonly stream: string }>(event: Event): Event => ({
    ...event,
    stream: event.stream.slice(prefix.length),
  });
  const optionsOf = ({ from, filter, ...rest }: SubscribeOptions): SubscribeOptions => ({
    ...rest,
    from: from === 'start' ? (origin ?? from) : from,
    ...(filter === undefined ? {} : { filter: filterOf(filter) }),
  });
  const filterOf = ({ streamPrefixes, ...rest }: EventFilter): EventFilter => ({
    ...rest,
    ...(streamPrefixes === undefined
      ? {}
      : { streamPrefixes: streamPrefixes.map((name) => `${prefix}${name}`) }),
  });
  const subscriptionOf = <Event extends { readonly stream: string }>(
    subscription: Subscription<Event>,
  ): Subscription<Event> => ({
    ended: subscription.ended,
    close: () => subscription.close(),
    async *[Symbol.asyncIterator]() {
      for await (const delivery of subscription) {
        yield { ...delivery, events: delivery.events.map(inside) };
      }
    },
  });
  return {
    append: async (stream, expected, events) => {
      try {
        return await store.append(`${prefix}${stream}`, expected, events);
      } catch (error) {
        if (!(error instanceof ConcurrencyConflict)) throw error;
        throw new ConcurrencyConflict(stream, error.expected, error.actual);
      }
    },
    readStream: async (stream, options) =>
      (await store.readStream(`${prefix}${stream}`, options)).map(inside),
    subscribe: (options) => subscriptionOf(store.subscribe(optionsOf(options))),
    subscribeTexts: (options) => subscriptionOf(store.subscribeTexts(optionsOf(options))),
    fractionAt: (position, end) => store.fractionAt(position, end),
    head: async () => {
      const head = await store.head();
      return head === origin ? undefined : head;
    },
    close: () => store.close(),
  };
};
