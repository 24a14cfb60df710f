import { type RecordedEvent } from '../kernel/envelope.js';
import { derivedId } from './derived-id.js';

/** Who sends a command, and why. */
export interface CommandContext {
  /** The same command sent twice carries the same id; the second time it is answered, not carried out. */
  readonly commandId: string;
  /** A digest of the request: another request under the same command id is refused. */
  readonly requestHash?: string | undefined;
  readonly correlationId: string;
  readonly causationId: string;
  readonly actor: string;
  readonly traceparent?: string | undefined;
  /** The revision that the sender has seen; the command is refused when the stream has moved on. */
  readonly ifMatch?: number | undefined;
}

/** The event that a command follows from, read from the store or from a topic. */
export type Cause = Pick<RecordedEvent, 'id'> & {
  readonly metadata: Pick<RecordedEvent['metadata'], 'correlationId' | 'traceparent'>;
};

/** The context of a command that a reaction sends because of an event: a redelivered event sends the same command. */
export const causedBy = (event: Cause, actor: string, step = ''): CommandContext => ({
  commandId: derivedId(event.id, actor, step),
  correlationId: event.metadata.correlationId,
  causationId: event.id,
  actor,
  traceparent: event.metadata.traceparent,
});
