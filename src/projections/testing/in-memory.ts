import { setImmediate as turn } from 'node:timers/promises';
import { type Position, type RecordedEvent } from '../../kernel/envelope.js';
import {
  type Delivery,
  type EventStore,
  type EventText,
  type Subscription,
  type SubscribeOptions,
} from '../../ports/event-store.js';
import { type Lease, LeaseLost, type Leases } from '../../ports/leases.js';
import { type Change, type Scanned, type Stored } from '../../ports/views.js';

/** Committed events, as one batch after the other of all categories, filtered. */
export class MemoryStore implements Pick<EventStore, 'subscribe' | 'subscribeTexts' | 'head'> {
  /** How often a delivery was asked for. */
  asked = 0;
  private readonly wakers = new Set<() => void>();

  constructor(readonly events: RecordedEvent[] = []) {}

  commit(...events: readonly RecordedEvent[]): void {
    this.events.push(...events);
    for (const wake of this.wakers) wake();
  }

  head(): Promise<Position | undefined> {
    return Promise.resolve(this.events.at(-1)?.position);
  }

  subscribe(options: SubscribeOptions): Subscription {
    return this.subscribed(options, (event) => event);
  }

  subscribeTexts(options: SubscribeOptions): Subscription<EventText> {
    return this.subscribed(options, ({ data, metadata, ...event }) => ({
      ...event,
      data: JSON.stringify(data),
      metadata: JSON.stringify(metadata),
    }));
  }

  private subscribed<Event>(
    { from, filter, batchSize = 512 }: SubscribeOptions,
    toEvent: (event: RecordedEvent) => Event,
  ): Subscription<Event> {
    const { promise: ended, resolve: end } = Promise.withResolvers<{ why: 'closed' }>();
    let closed = false;
    let next = from === 'start' ? 0 : this.events.findIndex(({ position }) => position > from);
    if (next < 0) next = this.events.length;
    const matches = ({ stream }: RecordedEvent): boolean =>
      filter?.streamPrefixes?.some((prefix) => stream.startsWith(prefix)) ?? true;
    const take = async (): Promise<IteratorResult<Delivery<Event>, undefined>> => {
      this.asked += 1;
      while (!closed && next >= this.events.length) {
        await new Promise<void>((resolve) => this.wakers.add(resolve));
      }
      const batch = this.events.slice(next, next + batchSize);
      const last = batch.at(-1);
      if (closed || last === undefined) return { done: true, value: undefined };
      next += batch.length;
      const caughtUp = next === this.events.length;
      return {
        done: false,
        value: { events: batch.filter(matches).map(toEvent), position: last.position, caughtUp },
      };
    };
    return {
      ended,
      close: () => {
        closed = true;
        for (const wake of this.wakers) wake();
        end({ why: 'closed' });
        return Promise.resolve();
      },
      [Symbol.asyncIterator]: () => ({ next: take }),
    };
  }
}

/** A view whose writes can be held up and can break off. */
export class MemoryView<Doc extends object> {
  readonly docs = new Map<string, Stored<Doc>>();
  reached: Position | undefined;
  written = 0;
  /** Writes that are held up at the gate. */
  waiting = 0;
  /** For each of the next writes, after how many documents it fails; null: not at all. */
  breaks: (number | null)[] = [];
  /** A write waits for it. */
  gate: Promise<void> = Promise.resolve();

  /** Others get their turn before it answers. */
  slow = false;

  constructor(private readonly leases?: MemoryLeases) {}

  async getMany(ids: readonly string[]): Promise<readonly Stored<Doc>[]> {
    if (this.slow) await turn();
    return ids.flatMap((id) => this.docs.get(id) ?? []);
  }

  checkpoint(): Promise<Position | undefined> {
    return Promise.resolve(this.reached);
  }

  scan(after: string | undefined, limit: number): Promise<readonly Scanned[]> {
    const behind = [...this.docs.values()].filter(({ id }) => after === undefined || id > after);
    const page = behind.toSorted((one, other) => (one.id < other.id ? -1 : 1)).slice(0, limit);
    return Promise.resolve(
      page.map(({ id, position, doc }) => ({ id, position, text: JSON.stringify(doc) })),
    );
  }

  async write(changes: readonly Change<Doc>[], checkpoint: Position | null, lease?: Lease): Promise<void> {
    this.waiting += 1;
    await this.gate;
    if (this.slow) await turn();
    this.waiting -= 1;
    if (lease !== undefined && this.leases?.isHeld(lease) === false) throw new LeaseLost(lease);
    const broken = this.breaks.shift() ?? null;
    for (const { id, position, doc } of changes.slice(0, broken ?? changes.length)) {
      const stored = this.docs.get(id);
      if (stored !== undefined && stored.position >= position) continue;
      if (doc === null) this.docs.delete(id);
      else this.docs.set(id, { id, position, doc });
    }
    if (broken !== null) throw new Error('connection lost');
    this.reached = checkpoint ?? this.reached;
    this.written += 1;
  }

  /** The documents by id. */
  get content(): ReadonlyMap<string, Doc> {
    return new Map([...this.docs].map(([id, { doc }]) => [id, doc]));
  }
}

/** Leases that run out when they are told to. */
export class MemoryLeases implements Leases {
  private readonly holders = new Map<string, Lease>();
  private tokens = 0;

  acquire(name: string, owner: string): Promise<Lease | undefined> {
    const held = this.holders.get(name);
    if (held !== undefined && held.owner !== owner) return Promise.resolve(undefined);
    const lease = { name, owner, token: (this.tokens += 1) };
    this.holders.set(name, lease);
    return Promise.resolve(lease);
  }

  renew(lease: Lease): Promise<boolean> {
    return Promise.resolve(this.isHeld(lease));
  }

  release(lease: Lease): Promise<void> {
    if (this.isHeld(lease)) this.holders.delete(lease.name);
    return Promise.resolve();
  }

  held(prefix: string): Promise<readonly Lease[]> {
    return Promise.resolve([...this.holders.values()].filter(({ name }) => name.startsWith(prefix)));
  }

  isHeld({ name, token }: Lease): boolean {
    return this.holders.get(name)?.token === token;
  }

  runOut(name: string): void {
    this.holders.delete(name);
  }
}
