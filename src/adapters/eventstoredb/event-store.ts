import { Slots } from '../../execution/slots.js';
import { type NewEvent, type Position, type RecordedEvent } from '../../kernel/envelope.js';
import {
  type Appended,
  type EventStore,
  type EventText,
  type ExpectedRevision,
  type ReadOptions,
  type SubscribeOptions,
  type Subscription,
} from '../../ports/event-store.js';
import { type Logger } from '../../ports/logger.js';
import { AllLog } from './all-log.js';
import { Appends } from './appends.js';
import { type Connection } from './connection.js';
import { type Heading, headingOf, toEvent, toEventText } from './envelope.js';
import { Closed, ForeignEvent, ServerTooOld, translated } from './errors.js';
import { fractionOf, fromPosition, toPosition } from './position.js';
import { readStreamRequest } from './requests.js';
import { retrying } from './retrying.js';
import { Counters } from './status.js';
import { EventStoreDbSubscription } from './subscription.js';

/** Reads of a stream tell positions since 22.6. */
const isTooOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 22 || (major === 22 && minor < 6);
};

/** More would only wait longer at the server. */
const mostReadsAtOnce = 256;

/** Of so many foreign types the first event is logged. */
const FOREIGN_TYPES_LOGGED = 100;

export class EventStoreDbEventStore implements EventStore {
  readonly status = new Counters();
  private closed = false;
  private readonly appends;
  private readonly reads = new Slots(mostReadsAtOnce);
  private readonly all;
  private readonly subscriptions = new Set<Subscription<unknown>>();
  private readonly foreignTypes = new Set<string>();

  constructor(
    private readonly connection: Connection,
    private readonly logger: Logger,
  ) {
    this.appends = new Appends(connection, this.status, logger);
    this.all = new AllLog(connection);
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> {
    if (events.length === 0) throw new RangeError(`An append to ${stream} needs at least one event.`);
    this.refuseIfClosed();
    return this.appends.append(stream, expected, events);
  }

  readStream(stream: string, options: ReadOptions = {}): Promise<readonly RecordedEvent[]> {
    const { direction = 'forwards', from, limit = Number.MAX_SAFE_INTEGER } = options;
    return this.read(`read of ${stream}`, async () => {
      const messages = await this.reads.hold(() =>
        this.connection.read(readStreamRequest(stream, direction, from, limit), true),
      );
      return messages.flatMap((message) => {
        const event = message.getEvent()?.getEvent();
        if (event === undefined) return [];
        const heading = headingOf(event);
        const text = toEventText(event, heading);
        if (text !== undefined) return [toEvent(text)];
        throw new ForeignEvent(stream, Number(event.getStreamRevision()), heading.type);
      });
    });
  }

  subscribe(options: SubscribeOptions): Subscription {
    return this.subscribed(options, toEvent);
  }

  subscribeTexts(options: SubscribeOptions): Subscription<EventText> {
    return this.subscribed(options, (text) => text);
  }

  head(): Promise<Position | undefined> {
    return this.read('read of $all', () => this.all.head());
  }

  fractionAt(position: Position, end: Position): number {
    return fractionOf(fromPosition(position), fromPosition(end));
  }

  /** @throws Error that says in one sentence why this server cannot be used. */
  check(hosts: string): Promise<void> {
    return this.read(`read of $all at ${hosts}`, async () => {
      await this.all.check();
      const { version } = await this.connection.serverFeatures();
      if (version !== undefined && isTooOld(version)) throw new ServerTooOld(`it is version ${version}`);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await this.appends.settled();
    await this.connection.close();
  }

  private subscribed<Event>(
    options: SubscribeOptions,
    toEvent: (text: EventText) => Event,
  ): Subscription<Event> {
    this.refuseIfClosed();
    const { all, status, logger } = this;
    const subscription = new EventStoreDbSubscription(all, options, toEvent, status, logger, this.onForeign);
    this.subscriptions.add(subscription);
    void subscription.ended.then(() => this.subscriptions.delete(subscription));
    return subscription;
  }

  private async read<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
    this.refuseIfClosed();
    try {
      return await retrying(doing, this.status, this.logger, () => !this.closed, work);
    } catch (error) {
      this.refuseIfClosed();
      throw translated(error, doing);
    }
  }

  private refuseIfClosed(): void {
    if (this.closed) throw new Closed();
  }

  private readonly onForeign = ({ stream, type }: Heading, position: bigint): void => {
    this.status.foreignEvents += 1;
    if (this.foreignTypes.size === FOREIGN_TYPES_LOGGED || this.foreignTypes.has(type)) return;
    this.foreignTypes.add(type);
    this.logger.warn(
      { stream, type, position: toPosition(position) },
      'EventStoreDB: an event of $all that this system did not write is left out, and all others of its type.',
    );
  };
}
