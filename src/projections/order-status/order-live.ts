import { hash } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { follow } from '../../execution/follow.js';
import { pause } from '../../execution/pause.js';
import { withRestarts } from '../../execution/restarts.js';
import { EVENT_STORE, KEYS, LOGGER } from '../../execution/tokens.js';
import { type Frame, frameOf } from '../../http/event-stream.js';
import { type Position, type RecordedEvent } from '../../kernel/envelope.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Keys } from '../../ports/keys.js';
import { type Logger } from '../../ports/logger.js';
import { type Stored, type ReadableView, ViewDropped } from '../../ports/views.js';
import { consistencyToken } from '../consistency.js';
import { decode, eventFilter } from '../projection.js';
import { ServingViews, ViewBehind, ViewUnbuilt } from '../serving-views.js';
import { orderDetails } from './order-details.js';
import { orderStatusProjection } from './order-status.projection.js';
import { type OrderDocument } from './order-status.js';

/** Somebody who follows one order. */
export interface OrderListener {
  /** The order as it is now. The id of the event is the position of what is shown. */
  push(frame: Frame): void;
  /** What the order shows is what it showed at the position before. */
  move(frame: Frame): void;
  /** The order cannot be shown any more: whoever listens must ask again. */
  end(): void;
}

interface Follower {
  readonly listener: OrderListener;
  /** Of the state that it has. */
  position: Position | undefined;
  digest: string | undefined;
}

interface State {
  readonly position: Position;
  /** Tells equal states, without keeping what they say of a person. */
  readonly digest: string;
  readonly frame: Frame;
}

/** What the view will have written when it has got to the position. */
interface Due {
  readonly orderId: string;
  readonly position: Position;
}

/** From the first listener to the last. */
interface Watch {
  readonly stop: AbortController;
  /** Who listens to an order is told of events after this one; undefined: of all that is in the view by then. */
  considered: Position | undefined;
  /** Orders whose first state was read from a view that had not got to what is considered already. */
  late: Due[];
}

const readAtOnce = 500;
/** Before a view that is behind, or has just been switched, is asked again. */
const pauseMs = 50;

const isPassing = (error: unknown): boolean =>
  error instanceof ViewBehind || error instanceof ViewUnbuilt || error instanceof ViewDropped;

/**
 * Tells listeners of this process what the view makes of their orders, whichever process writes the view. One
 * subscription to the events, while anybody listens, tells which orders to read again; an order is read and put into
 * words once for all its listeners.
 */
@Injectable()
export class OrderLive implements OnApplicationShutdown {
  private readonly followers = new Map<string, Set<Follower>>();
  private watch: Watch | undefined;
  private over: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(EVENT_STORE) private readonly store: Pick<EventStore, 'head' | 'subscribe'>,
    @Inject(ServingViews) private readonly views: Pick<ServingViews, 'upTo'>,
    @Inject(KEYS) private readonly keys: Keys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Pushes the order as it is now, unless that is the state after which the listener resumes, and then every state that
   * differs from the one before.
   * @param after the id of the last event that the listener got
   * @param token of the write that the first state must include
   * @returns the function that ends it; undefined when there is no such order
   * @throws InvalidConsistencyToken, ViewBehind, ViewUnbuilt, ViewDropped, UnreadableSeal
   */
  async listen(
    orderId: string,
    listener: OrderListener,
    { after, token }: { readonly after?: Position | undefined; readonly token?: string | undefined } = {},
  ): Promise<(() => void) | undefined> {
    const head = await this.store.head();
    // An id of a store that was restored since says nothing of what the listener has seen.
    const isKnown = after !== undefined && head !== undefined && after <= head;
    const follower: Follower = { listener, position: isKnown ? after : undefined, digest: undefined };
    const watch = this.add(orderId, follower);
    const { considered } = watch;
    const unlisten = (): void => {
      this.remove(orderId, follower);
    };
    try {
      const view = await this.views.upTo(orderStatusProjection, token);
      const reached = await view.checkpoint();
      const stored = await view.get(orderId);
      if (stored === undefined) {
        unlisten();
        return undefined;
      }
      offer(follower, await this.stateOf(stored));
      if (considered !== undefined && (reached === undefined || reached < considered)) {
        void this.catchUp(watch, { orderId, position: considered });
      }
      return unlisten;
    } catch (error) {
      unlisten();
      throw error;
    }
  }

  /** Those who listen have been sent away by then. */
  async onApplicationShutdown(): Promise<void> {
    await this.over;
  }

  private add(orderId: string, follower: Follower): Watch {
    const others = this.followers.get(orderId);
    if (others === undefined) this.followers.set(orderId, new Set([follower]));
    else others.add(follower);
    return (this.watch ??= this.start());
  }

  private remove(orderId: string, follower: Follower): void {
    const followers = this.followers.get(orderId);
    followers?.delete(follower);
    if (followers?.size === 0) this.followers.delete(orderId);
    if (this.followers.size > 0) return;
    this.watch?.stop.abort();
    this.watch = undefined;
  }

  private start(): Watch {
    const watch: Watch = { stop: new AbortController(), considered: undefined, late: [] };
    const work = {
      name: 'live orders',
      run: (goesWell: () => void) => this.run(watch, goesWell),
      onFault: () => {
        watch.considered = undefined;
      },
    };
    this.over = Promise.all([this.over, withRestarts(work, { logger: this.logger }, watch.stop.signal)]);
    return watch;
  }

  private async run(watch: Watch, goesWell: () => void): Promise<void> {
    const { signal } = watch.stop;
    const head = await this.store.head();
    // What happened before, or between a fault and this start, is not delivered: everybody's order is read again.
    watch.considered = head;
    if (head !== undefined) await this.tell(this.everybody(head), signal);
    const filter = eventFilter(orderStatusProjection);
    for await (const { events } of follow(this.store, { from: head ?? 'start', filter }, signal)) {
      const due = events.flatMap((event) => this.concerned(event));
      watch.considered = events.at(-1)?.position ?? watch.considered;
      await this.tell(due, signal);
      goesWell();
    }
  }

  private everybody(position: Position): readonly Due[] {
    return [...this.followers.keys()].map((orderId) => ({ orderId, position }));
  }

  private concerned(event: RecordedEvent): readonly Due[] {
    const { position } = event;
    try {
      const known = decode(orderStatusProjection, event);
      const orderId = known && orderStatusProjection.key(known);
      return orderId !== undefined && this.followers.has(orderId) ? [{ orderId, position }] : [];
    } catch {
      // A newer program, which writes the view, may know what it means: it may concern anybody.
      return this.everybody(position);
    }
  }

  /** One at a time, however many are late. */
  private async catchUp(watch: Watch, due: Due): Promise<void> {
    watch.late.push(due);
    if (watch.late.length > 1) return;
    while (watch.late.length > 0) {
      const late = [...watch.late];
      try {
        await this.tell(late, watch.stop.signal);
      } catch (error) {
        this.logger.error({ err: error, orders: late.length }, 'Live orders cannot be shown as they are');
        for (const { orderId } of late) this.sendAway(orderId);
      }
      watch.late = watch.late.slice(late.length);
    }
  }

  /** In the order of their positions. What the view wrote at once is read at once, as soon as it is there. */
  private async tell(due: readonly Due[], signal: AbortSignal): Promise<void> {
    let rest = due;
    for (let [first] = rest; first !== undefined && !signal.aborted; [first] = rest) {
      const { position } = first;
      try {
        const token = consistencyToken(position);
        const view = await unlessAborted(this.views.upTo(orderStatusProjection, token), signal);
        if (view === undefined) return;
        const checkpoint = await view.checkpoint();
        const reached = checkpoint !== undefined && checkpoint > position ? checkpoint : position;
        const written = rest.filter((each) => each.position <= reached).map(({ orderId }) => orderId);
        await this.read(view, [...new Set(written)]);
        rest = rest.filter((each) => each.position > reached);
      } catch (error) {
        if (!isPassing(error)) throw error;
        await pause(pauseMs, signal);
      }
    }
  }

  private async read(view: ReadableView<OrderDocument>, orderIds: readonly string[]): Promise<void> {
    for (let start = 0; start < orderIds.length; start += readAtOnce) {
      const documents = await view.getMany(orderIds.slice(start, start + readAtOnce));
      await Promise.all(documents.map((stored) => this.publish(stored)));
    }
  }

  private async publish(stored: Stored<OrderDocument>): Promise<void> {
    const { id: orderId, position } = stored;
    const behind = (): readonly Follower[] =>
      [...(this.followers.get(orderId) ?? [])].filter(
        (each) => each.position === undefined || each.position < position,
      );
    if (behind().length === 0) return;
    try {
      const state = await this.stateOf(stored);
      for (const follower of behind()) offer(follower, state);
    } catch (error) {
      this.logger.error({ err: error, orderId }, 'A live order cannot be shown as it is');
      this.sendAway(orderId);
    }
  }

  private sendAway(orderId: string): void {
    for (const { listener } of this.followers.get(orderId) ?? []) listener.end();
  }

  private async stateOf({ position, doc }: Stored<OrderDocument>): Promise<State> {
    const body = JSON.stringify(await orderDetails(this.keys, doc));
    const frame = frameOf(consistencyToken(position), 'order', body);
    return { position, digest: hash('sha256', body), frame };
  }
}

/** Two reads may overtake each other: only what is newer counts. */
const offer = (follower: Follower, { position, digest, frame }: State): void => {
  if (follower.position !== undefined && follower.position > position) return;
  const { listener, position: before, digest: shown } = follower;
  follower.position = position;
  follower.digest = digest;
  if (before === position) return;
  if (shown === digest) listener.move(frame);
  else listener.push(frame);
};

const unlessAborted = async <Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> => {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abort = (): void => {
    resolve(undefined);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
