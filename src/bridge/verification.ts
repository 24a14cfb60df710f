import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Position, type RecordedEvent } from '../kernel/envelope.js';
import { type EventStore } from '../ports/event-store.js';
import { type Message, type MessageLog } from '../ports/message-log.js';
import { headerNames, readHeader } from '../wire/headers.js';
import { bridgeDeadLetters } from './dead-letter.js';
import { type Translation } from './translation.js';
import { TopicReader } from './topic-reader.js';

export const findingKinds = ['gap', 'duplicate', 'reordered', 'foreign', 'differing'] as const;
export type FindingKind = (typeof findingKinds)[number];

/** Where store and topics disagree. */
export interface Finding {
  readonly kind: FindingKind;
  readonly detail: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly stream?: string;
  readonly revision?: number;
}

export interface VerificationResult {
  /** Up to here store and topics have been compared. */
  readonly position: string | undefined;
  readonly events: number;
  readonly records: number;
  readonly counts: Readonly<Record<FindingKind, number>>;
  /** Events whose records the topics keep no longer. */
  readonly expired: number;
  /** Events that the bridge has put aside. */
  readonly deadLettered: number;
  /** The first ones in full. */
  readonly findings: readonly Finding[];
}

export interface VerificationPorts {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'head' | 'readStream'>;
  readonly messageLog: Pick<MessageLog, 'topics' | 'read' | 'checkpoint'>;
  /** The topics that hold events, and nothing else. */
  readonly topics: readonly string[];
  readonly translation: Pick<Translation, 'prepare' | 'difference'>;
  readonly slot: string;
}

const mostFindings = 100;
/** As many missing events are remembered, to tell a record that comes late from one that comes twice. */
const mostMissing = 10_000;

/**
 * Compares store and topics by merging both in commit order: within a partition the positions of the records must
 * grow, and each event must have its one record. Holds a page of each partition, however long the topics are; what it
 * has compared it does not look at again, so it may go on from time to time.
 */
export class Verification {
  private position: Position | undefined;
  private events = 0;
  private records = 0;
  private expired = 0;
  private deadLettered = 0;
  private readonly counts: Record<FindingKind, number> = {
    gap: 0,
    duplicate: 0,
    reordered: 0,
    foreign: 0,
    differing: 0,
  };
  private readonly findings: Finding[] = [];
  private readonly missing = new Map<string, Finding>();
  private readonly reader: TopicReader;

  constructor(private readonly ports: VerificationPorts) {
    const { messageLog, topics } = ports;
    this.reader = new TopicReader(messageLog, [...topics, bridgeDeadLetters]);
  }

  get result(): VerificationResult {
    const { position, events, records, expired, deadLettered, counts, findings } = this;
    return {
      ...{ position, events, records, expired, deadLettered },
      counts: { ...counts },
      findings: [...findings],
    };
  }

  /**
   * Goes on to where the bridge has got to. Ends early with the signal.
   * @param breathe between the stretches of work, so that others get their turn
   */
  async advance(
    signal: AbortSignal,
    breathe: () => Promise<unknown> = nextTurn,
  ): Promise<VerificationResult> {
    const { eventStore, messageLog, translation, slot } = this.ports;
    await translation.prepare();
    const reached = (await messageLog.checkpoint(slot)) as Position | undefined;
    // What the bridge has published up to its checkpoint is there by now.
    await this.reader.refresh(() => eventStore.head());
    if (reached !== undefined && reached !== this.position) {
      const subscription = eventStore.subscribe({ from: this.position ?? 'start' });
      try {
        for await (const { events, position, caughtUp } of subscription) {
          for (const event of events) {
            if (event.position > reached || signal.aborted) break;
            await this.compare(event);
          }
          if (position >= reached || caughtUp || signal.aborted) break;
          await breathe();
        }
      } finally {
        await subscription.close();
      }
    }
    if (!signal.aborted) await this.remaining(reached);
    return this.result;
  }

  private async compare(event: RecordedEvent): Promise<void> {
    let record = await this.next(event.position);
    while (record !== undefined && positionOf(record) !== event.position) {
      await this.unexpected(record);
      record = await this.next(event.position);
    }
    this.events += 1;
    this.position = event.position;
    if (record === undefined) {
      if (this.reader.hasForgotten(event.position)) this.expired += 1;
      else this.gap(event);
      return;
    }
    if (record.topic === bridgeDeadLetters) {
      this.deadLettered += 1;
      return;
    }
    const difference = await this.ports.translation.difference(event, record);
    if (difference !== undefined) this.find('differing', difference, record, event);
  }

  /** The next record up to the position in order; those out of order are dealt with on the way. */
  private async next(upTo: Position): Promise<Message | undefined> {
    for (;;) {
      const taken = await this.reader.take(upTo);
      if (taken === undefined) return undefined;
      this.records += 1;
      const { message, order } = taken;
      if (order === 'next') return message;
      if (order === 'behind') await this.behind(message);
      else this.find('foreign', 'has no position, or one that the store has not got to', message);
    }
  }

  /** A record behind a later one of its partition: it was missing before, or it is there twice. */
  private async behind(message: Message): Promise<void> {
    const position = positionOf(message);
    const missed = position === undefined ? undefined : this.missing.get(position);
    if (position === undefined || missed === undefined) {
      await this.unexpected(message);
      return;
    }
    this.missing.delete(position);
    this.counts.gap -= 1;
    const index = this.findings.indexOf(missed);
    if (index >= 0) this.findings.splice(index, 1);
    this.find('reordered', 'comes behind a later event of its partition', message);
  }

  /** No event waits for it: it is one more of an event that has its record, or of none. */
  private async unexpected(message: Message): Promise<void> {
    const { stream, revision } = placeOf(message, undefined);
    const [event] =
      stream === undefined || !Number.isSafeInteger(revision)
        ? []
        : await this.ports.eventStore.readStream(stream, { from: revision ?? 0, limit: 1 });
    if (event !== undefined && event.id === readHeader(message.headers, headerNames.eventId)) {
      this.find('duplicate', 'is there a second time', message);
    } else {
      this.find('foreign', 'is of no event of the store', message);
    }
  }

  /** What is left below the bridge's checkpoint belongs to no event. */
  private async remaining(reached: Position | undefined): Promise<void> {
    if (reached === undefined) return;
    for (;;) {
      const record = await this.next(reached);
      if (record === undefined) return;
      await this.unexpected(record);
    }
  }

  private gap(event: RecordedEvent): void {
    const { type, stream, revision, position } = event;
    const finding = this.find('gap', `${type} at ${position} has no record`, undefined, { stream, revision });
    if (this.missing.size < mostMissing) this.missing.set(position, finding);
  }

  private find(
    kind: FindingKind,
    detail: string,
    message?: Message,
    event?: Pick<RecordedEvent, 'stream' | 'revision'>,
  ): Finding {
    const finding: Finding = {
      kind,
      detail,
      ...(message && { topic: message.topic, partition: message.partition, offset: message.offset }),
      ...placeOf(message, event),
    };
    this.counts[kind] += 1;
    if (this.findings.length < mostFindings) this.findings.push(finding);
    return finding;
  }
}

export const isClean = ({ counts }: VerificationResult): boolean =>
  findingKinds.every((kind) => counts[kind] === 0);

const positionOf = (message: Message): string | undefined => readHeader(message.headers, 'position');

const placeOf = (
  message: Message | undefined,
  event: Pick<RecordedEvent, 'stream' | 'revision'> | undefined,
): Pick<Finding, 'stream' | 'revision'> => {
  if (event !== undefined) return { stream: event.stream, revision: event.revision };
  const stream = message && readHeader(message.headers, 'stream');
  const revision = message && readHeader(message.headers, 'revision');
  return {
    ...(stream !== undefined && { stream }),
    ...(revision !== undefined && { revision: Number(revision) }),
  };
};
