import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { type Sealed } from '../../kernel/sealed.js';
import { logbook } from '../../execution/testing/logbook.js';
import { type Frame } from '../../http/event-stream.js';
import { type DomainEvent } from '../../kernel/decider.js';
import { type Position } from '../../kernel/envelope.js';
import { money } from '../../kernel/money.js';
import { type Subscription, type SubscribeOptions } from '../../ports/event-store.js';
import { type ReadableView } from '../../ports/views.js';
import { eventsOf } from '../../testing/sample-events.js';
import { until, untilHolds } from '../../testing/until.js';
import { consistencyToken, parseConsistencyToken } from '../consistency.js';
import { changesOf, foldInto, keyed, workingOn } from '../fold.js';
import { type Projection, viewIn } from '../projection.js';
import { revise } from '../rebuild/generations.js';
import { ServingViews } from '../serving-views.js';
import { type Fact, history, instant, on } from '../testing/history.js';
import { orderDetails } from './order-details.js';
import { OrderLive, type OrderListener } from './order-live.js';
import { orderStatusProjection } from './order-status.projection.js';
import { type OrderDocument } from './order-status.js';

const price = money(300, 'EUR');
const placed = (orderId: string, contact: Sealed | null = null): Fact =>
  on(`order-${orderId}`, {
    type: 'OrderPlaced',
    data: {
      orderId,
      customerId: 'ann',
      cartId: null,
      lines: [{ sku: 'tea', name: 'Tea', quantity: 1, unitPrice: price, lineTotal: price }],
      total: price,
      paymentId: 'p',
      paymentMethod: 'card',
      placedAt: instant(0),
      contact,
      shippingAddress: null,
    },
  });
const confirmed = (orderId: string): Fact =>
  on(`order-${orderId}`, { type: 'OrderConfirmed', data: { orderId } });
const shipped = (orderId: string, complete = true): Fact =>
  on(`order-${orderId}`, {
    type: 'OrderShipped',
    data: { orderId, shipmentId: `${orderId}.1`, lines: [{ sku: 'tea', quantity: 1 }], complete },
  });
/** Only the timeline tells of it. */
const noted = (orderId: string): Fact =>
  on(`fulfilment-${orderId}`, {
    type: 'DeliveryRecordRequested',
    data: { orderId, shipmentId: `${orderId}.1` },
  });
/** Of a newer program. */
const unheardOf = (orderId: string): Fact =>
  on(`order-${orderId}`, { type: 'OrderBlessed', data: { orderId } });

/** What one client would have been sent. */
class Listener implements OrderListener {
  readonly frames: string[] = [];
  isOver = false;

  push({ event }: Frame): void {
    this.frames.push(event.toString());
  }

  move({ mark }: Frame): void {
    this.frames.push(mark.toString());
  }

  end(): void {
    this.isOver = true;
  }
}

/** Subscriptions that are counted, and that can be broken off. */
class BreakableStore {
  readonly open = new Set<Subscription>();

  constructor(private readonly store: ReturnType<typeof openEmbedded>['eventStore']) {}

  head() {
    return this.store.head();
  }

  subscribe(options: SubscribeOptions): Subscription {
    const subscription = this.store.subscribe(options);
    this.open.add(subscription);
    void subscription.ended.then(() => this.open.delete(subscription));
    return subscription;
  }

  async breakOff(): Promise<void> {
    await Promise.all([...this.open].map((subscription) => subscription.close()));
  }
}

/** Tells which writes were waited for. */
class WatchedViews extends ServingViews {
  readonly waitedFor = new Set<string | undefined>();

  override upTo<Event extends DomainEvent, Doc extends object>(
    projection: Projection<Event, Doc>,
    token: string | undefined,
  ): Promise<ReadableView<Doc>> {
    this.waitedFor.add(token);
    return super.upTo(projection, token);
  }
}

describe('live orders', () => {
  let dataDir: string;
  let engine: ReturnType<typeof openEmbedded>;
  let store: BreakableStore;
  let views: WatchedViews;
  let live: OrderLive;
  let log: ReturnType<typeof logbook>;
  let facts: Fact[];
  let storage: string;
  const unlistens: (() => void)[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'live-'));
    engine = openEmbedded({ dataDir });
    store = new BreakableStore(engine.eventStore);
    log = logbook();
    views = new WatchedViews(engine.eventStore, engine.views, engine.generations, 20);
    live = new OrderLive(store, views, engine.keys, log.logger);
    facts = [];
    await serve('first');
  });

  afterEach(async () => {
    for (const unlisten of unlistens.splice(0)) unlisten();
    await live.onApplicationShutdown();
    await engine.close();
    await rm(dataDir, { recursive: true });
  });

  const { name, version } = orderStatusProjection;
  const view = () => engine.views.open<OrderDocument>(viewIn(orderStatusProjection, storage));
  /** From now on this generation of the view is read, and written. */
  const serve = async (generation: string): Promise<void> => {
    storage = generation;
    const serving = { number: 1, version, storage, createdAt: instant(0) };
    await revise(engine.generations, name, (generations) => ({ ...generations, serving }));
  };
  /** @returns the position of the last of them */
  const commit = async (...news: readonly Fact[]): Promise<Position> => {
    const events = history(...facts, ...news).slice(facts.length);
    facts.push(...news);
    let last: Position | undefined;
    for (const { stream, ...event } of events) {
      last = (await engine.eventStore.append(stream, 'any', [event])).position;
    }
    if (last === undefined) throw new RangeError('Nothing to commit.');
    return last;
  };
  /** As the projector does, wherever it runs: all that it has not written yet, at once. */
  const project = async (): Promise<void> => {
    const events = await eventsOf(engine.eventStore);
    const working = workingOn<OrderDocument>([]);
    const { changed } = foldInto(orderStatusProjection, working, keyed(orderStatusProjection, events).keyed);
    await view().write(changesOf(working, changed), events.at(-1)?.position ?? ('' as Position));
  };
  const happens = async (...news: readonly Fact[]): Promise<Position> => {
    const position = await commit(...news);
    await project();
    return position;
  };
  const listen = async (orderId: string, after?: Position): Promise<Listener> => {
    const listener = new Listener();
    const unlisten = await live.listen(orderId, listener, { after });
    if (unlisten === undefined) throw new Error(`There is no order ${orderId}.`);
    unlistens.push(unlisten);
    return listener;
  };
  /** The order as its own query shows it now. */
  const shownAt = async (orderId: string, position: Position): Promise<string> => {
    const stored = await view().get(orderId);
    if (stored === undefined) throw new Error(`There is no order ${orderId}.`);
    const body = JSON.stringify(await orderDetails(engine.keys, stored.doc));
    return `id: ${consistencyToken(position)}\nevent: order\ndata: ${body}\n\n`;
  };
  const untilTold = (listener: Listener, frames: readonly string[]): Promise<void> =>
    untilHolds(() => {
      expect(listener.frames).toStrictEqual(frames);
    });
  const watching = () => until('the subscription', () => (store.open.size > 0 ? true : undefined));

  it('are shown to all their listeners as they are, and in every state that the view is written in', async () => {
    const expected: string[] = [];
    const happensTo = async (...news: readonly Fact[]) => {
      const position = await happens(...news);
      expected.push(await shownAt('o', position));
    };
    await happensTo(placed('o'));
    const other = await happens(placed('other'));
    const both = [await listen('o'), await listen('o')];
    const bystander = await listen('other');
    for (const listener of both) await untilTold(listener, expected);
    await watching();
    for (const fact of [confirmed('o'), shipped('o', false), shipped('o')]) {
      await happensTo(fact);
      for (const listener of both) await untilTold(listener, expected);
    }
    await untilTold(bystander, [await shownAt('other', other)]);
  });

  it('are shown once for all that the view wrote at once', async () => {
    const first = await shownAt('o', await happens(placed('o')));
    const listener = await listen('o');
    await watching();
    const last = await happens(confirmed('o'), shipped('o', false), shipped('o'));
    await untilTold(listener, [first, await shownAt('o', last)]);
  });

  it('are not shown again when only the timeline has changed: the id alone is told', async () => {
    const position = await happens(placed('o'));
    const first = await shownAt('o', position);
    const listener = await listen('o');
    await watching();
    const later = await happens(noted('o'));
    const mark = `id: ${consistencyToken(later)}\n\n`;
    await untilTold(listener, [first, mark]);
    const last = await happens(shipped('o'));
    await untilTold(listener, [first, mark, await shownAt('o', last)]);
  });

  it('are resumed after the last event that was seen: at once when they are newer, else when they change', async () => {
    const seen = await happens(placed('o'));
    const newest = await happens(confirmed('o'));
    const [behind, upToDate] = [await listen('o', seen), await listen('o', newest)];
    const current = await shownAt('o', newest);
    expect([behind.frames, upToDate.frames]).toStrictEqual([[current], []]);
    await watching();
    const next = await shownAt('o', await happens(shipped('o')));
    await untilTold(behind, [current, next]);
    await untilTold(upToDate, [next]);
    const id = /^id: (.*)$/m.exec(next)?.[1] ?? '';
    expect((await listen('o', parseConsistencyToken(id) as Position)).frames).toStrictEqual([]);
  });

  it('are shown at once to who has seen more than there is: the store was restored since', async () => {
    const newest = await happens(placed('o'));
    const listener = await listen('o', '99999999999999999999' as Position);
    expect(listener.frames).toStrictEqual([await shownAt('o', newest)]);
  });

  it('that are not there have no listeners', async () => {
    await happens(placed('o'));
    expect(await live.listen('none', new Listener())).toBeUndefined();
    await untilHolds(() => {
      expect(store.open.size).toBe(0);
    });
  });

  it('are not lost to who comes between an event and its view', async () => {
    const first = await shownAt('o', await happens(placed('o')));
    await happens(placed('other'));
    const watcher = await listen('other');
    await watching();
    // The view stands still. When somebody comes to the first order, its event has been passed over already.
    const [late, next] = [await commit(confirmed('o')), await commit(noted('other'))];
    await untilHolds(() => {
      expect(views.waitedFor).toContain(consistencyToken(next));
    });
    const came = await listen('o');
    expect(came.frames).toStrictEqual([first]);
    await project();
    await untilTold(came, [first, await shownAt('o', late)]);
    await untilHolds(() => {
      expect(watcher.frames).toHaveLength(2);
    });
  });

  it('are read again when the subscription had to be restarted', async () => {
    const first = await shownAt('o', await happens(placed('o')));
    const listener = await listen('o');
    await watching();
    await store.breakOff();
    const last = await happens(confirmed('o'));
    await untilTold(listener, [first, await shownAt('o', last)]);
    expect(log.entries).toMatchObject([
      { level: 'error', message: 'live orders failed and is started again', fields: { faults: 1 } },
    ]);
    await watching();
    const next = await happens(shipped('o'));
    await untilHolds(() => {
      expect(listener.frames).toHaveLength(3);
    });
    expect(listener.frames.at(-1)).toBe(await shownAt('o', next));
  });

  it('are followed from one generation of the view to the next, whose former one is removed', async () => {
    const first = await shownAt('o', await happens(placed('o')));
    const listener = await listen('o');
    await watching();
    await serve('second');
    await project();
    await engine.views.drop('first');
    const next = await shownAt('o', await happens(confirmed('o')));
    await untilTold(listener, [first, next]);
    const last = await shownAt('o', await happens(shipped('o')));
    await untilTold(listener, [first, next, last]);
    expect(log.entries).toStrictEqual([]);
  });

  it('are read again after an event that this program does not know', async () => {
    const first = await shownAt('o', await happens(placed('o')));
    const listener = await listen('o');
    await watching();
    const position = await commit(unheardOf('o'));
    const stored = await view().get('o');
    if (stored === undefined) throw new Error('The order is gone.');
    const { doc } = stored;
    await view().write(
      [{ id: 'o', position, doc: { ...doc, order: { ...doc.order, reason: { code: 'X', detail: 'y' } } } }],
      position,
    );
    await untilTold(listener, [first, await shownAt('o', position)]);
  });

  it('that cannot be shown send their listeners away; others go on', async () => {
    const first = await shownAt('o', await happens(placed('o')));
    await happens(placed('damaged'));
    const [well, damaged] = [await listen('o'), await listen('damaged')];
    await watching();
    const stored = await view().get('damaged');
    if (stored === undefined) throw new Error('The order is gone.');
    const elsewhere = await engine.keys.seal('ann', 'elsewhere', 'text');
    const position = await commit(confirmed('damaged'), confirmed('o'));
    const personal = { contact: elsewhere, shippingAddress: null };
    await view().write([{ id: 'damaged', position, doc: { ...stored.doc, personal } }], position);
    await untilHolds(() => {
      expect(damaged.isOver).toBe(true);
    });
    const last = await happens(shipped('o'));
    await untilHolds(async () => {
      expect(well.frames.at(-1)).toBe(await shownAt('o', last));
    });
    expect([well.frames[0], well.isOver, damaged.frames.length]).toStrictEqual([first, false, 1]);
    await expect(live.listen('damaged', new Listener())).rejects.toThrow('damaged');
  });

  it('are followed only while somebody listens', async () => {
    await happens(placed('o'));
    await listen('o');
    await listen('o');
    await watching();
    expect(store.open.size).toBe(1);
    for (const unlisten of unlistens.splice(0)) unlisten();
    await untilHolds(() => {
      expect(store.open.size).toBe(0);
    });
    const again = await listen('o');
    await watching();
    await happens(confirmed('o'));
    await untilHolds(() => {
      expect(again.frames).toHaveLength(2);
    });
  });

  it('are left alone at once when the process stops, however far behind the view is', async () => {
    await happens(placed('o'));
    await listen('o');
    await watching();
    await commit(confirmed('o'));
    for (const unlisten of unlistens.splice(0)) unlisten();
    await live.onApplicationShutdown();
    expect([store.open.size, log.entries]).toStrictEqual([0, []]);
  });
});
