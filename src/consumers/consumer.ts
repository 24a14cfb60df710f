import { type EventMetadata, type Position } from '../kernel/envelope.js';
import { type Message } from '../ports/message-log.js';
import { type PublicEvents } from '../wire/events.generated.js';
import { type PublicType } from '../wire/public-record.js';

/** An event as it came from a topic: the public record, and the envelope from the headers. */
export type Consumed<Type extends PublicType = PublicType> = Type extends PublicType
  ? {
      /** Of the event; what makes a second delivery the same. */
      readonly id: string;
      readonly type: Type;
      readonly stream: string;
      readonly revision: number;
      readonly position: Position;
      readonly metadata: Pick<
        EventMetadata,
        'correlationId' | 'causationId' | 'actor' | 'occurredAt' | 'traceparent'
      >;
      readonly data: PublicEvents[Type];
    }
  : never;

/** How an event came. */
export interface Arrival {
  readonly message: Pick<Message, 'topic' | 'partition' | 'offset'>;
  /** It had been put aside, and is tried again because somebody decided so. */
  readonly redriven: boolean;
}

/** What a service does because of events from topics. */
export interface Consumer<Type extends PublicType = PublicType> {
  /** Names the consumer group. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Events of other types are passed over. */
  readonly handles: readonly Type[];
  /** May be called again for the same event. Events of one key come in order. */
  handle(event: Consumed<Type>, signal: AbortSignal, arrival?: Arrival): Promise<void>;
}

/** The consumers of one service, run by the processes that have the role `process` for it. */
export interface ServiceConsumers {
  consumers(): readonly Consumer[];
}
