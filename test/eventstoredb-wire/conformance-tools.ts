import { randomUUID } from 'node:crypto';
import {
  type AllStreamSubscription,
  type EventStoreDBClient,
  jsonEvent,
  type StreamSubscription,
} from '@eventstore/db-client';
import { until } from '../../src/testing/until.js';

export const made = (n: number, pad = '') =>
  jsonEvent({ type: 'Made', data: { n, pad }, metadata: { causedBy: n } });

export const madeMany = (count: number, pad = '') => Array.from({ length: count }, (_, n) => made(n, pad));

/** A name that no other run uses, on a server that may hold anything. */
export const newStream = (kind = 'stream'): string => `conformance-${kind}-${randomUUID()}`;

export const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);

/** All that a reader gets. */
export const read = async <Resolved>(reading: AsyncIterable<Resolved>): Promise<Resolved[]> => {
  const seen: Resolved[] = [];
  for await (const resolved of reading) seen.push(resolved);
  return seen;
};

export const readIds = async (client: EventStoreDBClient, stream: string): Promise<string[]> =>
  (await read(client.readStream(stream))).map(({ event }) => event?.id ?? '');

/** How the promise was refused. */
export const refusalOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    return { settled: await promise };
  } catch (error) {
    return error;
  }
};

/** What a subscription has told so far. */
export class Follower {
  readonly ids: string[] = [];
  readonly revisions: bigint[] = [];
  confirmed = 0;
  caughtUp = 0;
  fellBehind = 0;
  error: unknown;
  ended = false;

  constructor(readonly subscription: StreamSubscription | AllStreamSubscription) {
    const source: StreamSubscription = subscription;
    source.on('confirmation', () => (this.confirmed += 1));
    source.on('caughtUp', () => (this.caughtUp += 1));
    source.on('fellBehind', () => (this.fellBehind += 1));
    source.on('error', (error) => (this.error = error));
    source.on('end', () => (this.ended = true));
  }

  /** Begins to take events. */
  take(): this {
    const source: StreamSubscription = this.subscription;
    source.on('data', ({ event }) => {
      if (!event) return;
      this.ids.push(event.id);
      this.revisions.push(event.revision);
    });
    return this;
  }

  async until(what: string, holds: (follower: this) => boolean): Promise<this> {
    await until(`a subscription with ${what}`, () => (holds(this) ? true : undefined));
    return this;
  }

  has(count: number): Promise<this> {
    return this.until(`${count} events`, ({ ids }) => ids.length >= count);
  }
}

export const follow = (subscription: StreamSubscription | AllStreamSubscription): Follower =>
  new Follower(subscription).take();
