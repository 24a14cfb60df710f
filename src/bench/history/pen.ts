import { type DomainEvent, type EventVersions } from '../../kernel/decider.js';
import { type Instant, type NewEvent } from '../../kernel/envelope.js';
import { type ExpectedRevision } from '../../ports/event-store.js';
import { type Random } from './random.js';

/** What is to be appended at once. */
export interface Append {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

export interface Cause {
  readonly id: string;
  readonly correlationId: string;
}

export interface Writing<Event extends DomainEvent> {
  readonly stream: string;
  /** The revision of the stream's last event; −1 when there is none. */
  readonly after: number;
  readonly facts: readonly Event[];
  readonly versions: EventVersions<Event>;
  readonly actor: string;
  /** A request from outside has none. */
  readonly cause?: Cause | undefined;
}

const start = Date.parse('2026-01-02T03:04:05.678Z');
/** On average half of it goes by between two appends: some 80,000 orders a day. */
const longestPauseMs = 100;

/** Gives events their ids, their time and their cause. */
export class Pen {
  private ms = start;

  constructor(private readonly random: Random) {}

  now(): Instant {
    return new Date(this.ms).toISOString();
  }

  later(ms: number): Instant {
    return new Date(this.ms + ms).toISOString();
  }

  write<Event extends DomainEvent>({ stream, after, facts, versions, actor, cause }: Writing<Event>): Append {
    this.ms += this.random.below(longestPauseMs);
    const commandId = this.random.uuid();
    const metadata = {
      correlationId: cause?.correlationId ?? commandId,
      causationId: cause?.id ?? commandId,
      commandId,
      actor,
      occurredAt: this.now(),
    };
    return {
      stream,
      expected: after < 0 ? 'absent' : after,
      events: facts.map(({ type, data }) => {
        const { current: version } = versions[type as Event['type']];
        return { id: this.random.uuid(), type, version, data, metadata };
      }),
    };
  }
}
