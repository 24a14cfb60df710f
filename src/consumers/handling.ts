import { idsOf } from '../execution/log-ids.js';
import { pause } from '../execution/pause.js';
import { Slots } from '../execution/slots.js';
import { type Clock } from '../ports/clock.js';
import {
  type DeadLetters,
  type DueLetter,
  type Failure,
  type Parking,
  queueName,
} from '../ports/dead-letters.js';
import { type Inbox } from '../ports/inbox.js';
import { type Logger } from '../ports/logger.js';
import { type Message, type MessageLog, type TopicPartition } from '../ports/message-log.js';
import { StorageUnavailable } from '../ports/storage.js';
import { headerNames, readHeader } from '../wire/headers.js';
import { Undecodable } from '../wire/undecodable.js';
import { type Consumed, type Consumer } from './consumer.js';
import { deadLetterMessage } from './dead-letter-topic.js';
import { failureOf, ForeignMessage } from './failure.js';
import { belongsOn, eventIdOf, eventTypeOf, placeOf } from './message-headers.js';

export interface HandlingPorts {
  readonly log: Pick<MessageLog, 'publish'>;
  /** @throws Undecodable when no second attempt decodes it; other errors are faults of what it needs. */
  readonly decode: (message: Message) => Promise<Consumed>;
  readonly inbox: Inbox;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface HandlingSettings {
  /** How many messages are handled at the same time. One that waits for its next attempt is not among them. */
  readonly concurrency: number;
  /** How many may fail; those while an engine was unavailable are not counted. */
  readonly attempts: number;
  /** Doubles from the first up to the most; a random part of up to a half is taken off. */
  readonly firstPauseMs: number;
  readonly mostPauseMs: number;
}

export interface ConsumerFailure {
  readonly event: string;
  readonly message: string;
  readonly at: string;
}

/** Since the start. */
export interface Tally {
  handled: number;
  /** Of types that the consumer does not handle. */
  skipped: number;
  /** Recognised as dealt with already. */
  duplicates: number;
  /** Attempts after the first. */
  retried: number;
  lastFailure: ConsumerFailure | undefined;
}

/** How far the end of the work on a partition has come. */
export interface Phase {
  /** Nothing is begun and nothing tried again any more. */
  readonly ending: AbortSignal;
  /** Nothing counts any more. */
  readonly over: AbortSignal;
}

/** What inbox and dead letters say of some messages, asked when they were taken in hand. */
export interface Lookup {
  readonly seen: ReadonlySet<string>;
  readonly blocked: ReadonlyMap<string, number>;
}

/** The messages of one key that are in hand; they have their turns one after another. */
export interface KeyInHand {
  /** A message of the key has been parked since the others were looked up. */
  blocked: boolean;
}

/** So soon at least it is noticed that an engine is back. */
const mostAwayMs = 5_000;

/** What is done about one message. Faults of log, inbox and dead letters are thrown. */
export class Handling {
  private readonly handles: ReadonlySet<string>;
  private readonly slots: Slots;

  constructor(
    private readonly consumer: Consumer,
    private readonly ports: HandlingPorts,
    private readonly settings: HandlingSettings,
    private readonly tally: Tally,
  ) {
    this.handles = new Set(consumer.handles);
    this.slots = new Slots(settings.concurrency);
  }

  /** By its headers alone: it is an event of a type that the consumer leaves to others. */
  passesOver(message: Message): boolean {
    const type = eventTypeOf(message);
    if (type === undefined || this.handles.has(type) || !belongsOn(message.topic, type)) return false;
    this.tally.skipped += 1;
    return true;
  }

  async lookUp(partition: TopicPartition, messages: readonly Message[]): Promise<Lookup> {
    const { inbox, deadLetters } = this.ports;
    const { group } = this.consumer;
    const keys = new Map(
      messages.flatMap(({ key }) => (key === null ? [] : [[queueName(key), key] as const])),
    );
    const [seen, blocked] = await Promise.all([
      inbox.seen(group, messages.map(eventIdOf)),
      deadLetters.blocked(group, partition, [...keys.values()]),
    ]);
    return { seen, blocked };
  }

  /**
   * @param lookup undefined when the same event was in hand already as this message came, so that what was looked up
   * may be out of date.
   * @returns whether the message is dealt with: handled, recognised or parked.
   */
  async live(message: Message, key: KeyInHand, lookup: Lookup | undefined, phase: Phase): Promise<boolean> {
    const { deadLetters } = this.ports;
    const parking = this.parkingOf(message);
    const { seen, blocked } = lookup ?? (await this.lookUp(message, [message]));
    if (seen.has(parking.eventId)) {
      this.tally.duplicates += 1;
      return true;
    }
    if (key.blocked || isBehind(message, blocked)) {
      if (await deadLetters.parkBehind(parking, this.now())) return true;
      // The key has been freed in the meantime, perhaps by giving up this very message.
      key.blocked = false;
      if (await this.isDuplicate(parking.eventId)) return true;
    }
    if (phase.ending.aborted) return false;
    const outcome = await this.attempt(message, phase, false);
    if (outcome === 'interrupted') return false;
    if (outcome === 'handled') {
      await this.ports.inbox.add(parking.group, parking.eventId);
      return true;
    }
    // A new owner of the partition may have handled it, if this one does not know yet that there is one.
    if (await this.isDuplicate(parking.eventId)) return true;
    await this.publish(parking, outcome);
    await deadLetters.park(parking, outcome, this.now());
    key.blocked = true;
    return true;
  }

  /** A parked message that is due. */
  async redriven({ id, eventId }: DueLetter, phase: Phase): Promise<void> {
    const { deadLetters, inbox } = this.ports;
    const letter = await deadLetters.get(id);
    if (letter?.state !== 'due' || phase.ending.aborted) return;
    if (this.passesOver(letter.message) || (await this.isDuplicate(eventId))) {
      await deadLetters.remove([id]);
      return;
    }
    const outcome = await this.attempt(letter.message, phase, true);
    if (outcome === 'interrupted') return;
    if (outcome === 'handled') {
      await inbox.add(letter.group, eventId);
      await deadLetters.remove([id]);
      return;
    }
    await this.publish(letter, outcome);
    await deadLetters.failedAgain(id, outcome, this.now());
  }

  private async attempt(
    message: Message,
    phase: Phase,
    redriven: boolean,
  ): Promise<'handled' | 'interrupted' | Failure> {
    const type = eventTypeOf(message) ?? null;
    const isOver = (): boolean => phase.over.aborted;
    let event: Consumed;
    try {
      event = await this.read(message);
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      return isOver() ? 'interrupted' : this.report(message, failureOf(error, type, 1), error);
    }
    let failures = 0;
    for (let attempt = 1; !isOver(); attempt += 1) {
      try {
        const isHandled = await this.slots.hold(async () => {
          if (phase.ending.aborted) return false;
          await this.consumer.handle(event, phase.over, { message, redriven });
          return true;
        });
        if (!isHandled) break;
        this.tally.handled += 1;
        return 'handled';
      } catch (error) {
        if (isOver()) break;
        // That an engine is away is no fault of the message; it will be back.
        if (!(error instanceof StorageUnavailable)) failures += 1;
        if (failures === this.settings.attempts) {
          return this.report(message, failureOf(error, type, failures), error);
        }
        await this.beforeNext(message, attempt, error, phase);
        if (phase.ending.aborted) break;
      }
    }
    return 'interrupted';
  }

  /** @throws ForeignMessage */
  private async read(message: Message): Promise<Consumed> {
    const { topic, key } = message;
    const type = eventTypeOf(message);
    if (key === null) throw new ForeignMessage('The message has no key, so it has no place in any order.');
    if (type === undefined) throw new ForeignMessage('The message has no header event-type.');
    if (!this.handles.has(type)) {
      throw new ForeignMessage(
        `Events of type ${type} do not belong on ${topic}, as far as this program knows.`,
      );
    }
    return this.ports.decode(message);
  }

  private async beforeNext(message: Message, attempt: number, error: unknown, phase: Phase): Promise<void> {
    const { firstPauseMs, mostPauseMs } = this.settings;
    const most = error instanceof StorageUnavailable ? Math.min(mostPauseMs, mostAwayMs) : mostPauseMs;
    const waitMs = Math.min(most, firstPauseMs * 2 ** (attempt - 1)) * (1 - Math.random() / 2);
    this.tally.retried += 1;
    this.note(message, error);
    this.ports.logger.warn(
      { err: error, ...this.fields(message), attempt, waitMs: Math.round(waitMs) },
      `${this.consumer.group} could not deal with ${this.nameOf(message)}; trying again`,
    );
    await pause(waitMs, phase.ending);
  }

  /** Loudly: from here on the key waits for somebody's decision. */
  private report(message: Message, failure: Failure, error: unknown): Failure {
    this.note(message, error);
    const { attempts, fingerprint } = failure;
    this.ports.logger.error(
      { err: error, ...this.fields(message), attempts, failure: fingerprint },
      `${this.consumer.group} parks ${this.nameOf(message)}, and what follows of its key: npm run dlq -- list`,
    );
    return failure;
  }

  private note(message: Message, error: unknown): void {
    this.tally.lastFailure = {
      event: this.nameOf(message),
      message: String(error),
      at: this.ports.clock.now(),
    };
  }

  private nameOf(message: Message): string {
    return `${eventTypeOf(message) ?? 'a message'} (${placeOf(message)})`;
  }

  private fields({ topic, partition, offset, ...message }: Message) {
    const eventId = eventIdOf({ topic, partition, offset, ...message });
    const correlationId = readHeader(message.headers, headerNames.correlationId);
    const traceparent = readHeader(message.headers, headerNames.traceparent);
    return {
      ...(correlationId !== undefined &&
        idsOf({ correlationId, ...(traceparent !== undefined && { traceparent }) })),
      ...{ group: this.consumer.group, topic, partition, offset, key: message.key?.toString(), eventId },
    };
  }

  private async publish(parking: Parking, failure: Failure): Promise<void> {
    await this.ports.log.publish([deadLetterMessage(parking, failure)]);
  }

  private async isDuplicate(eventId: string): Promise<boolean> {
    const seen = await this.ports.inbox.seen(this.consumer.group, [eventId]);
    if (seen.has(eventId)) this.tally.duplicates += 1;
    return seen.has(eventId);
  }

  private parkingOf(message: Message): Parking {
    return {
      group: this.consumer.group,
      message,
      eventId: eventIdOf(message),
      eventType: eventTypeOf(message) ?? null,
    };
  }

  private now(): number {
    return Date.parse(this.ports.clock.now());
  }
}

const isBehind = ({ key, offset }: Message, blocked: ReadonlyMap<string, number>): boolean =>
  key !== null && (blocked.get(queueName(key)) ?? Infinity) <= offset;
