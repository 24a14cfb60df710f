import { type DomainEvent } from '../../kernel/decider.js';
import { type Position, type RecordedEvent } from '../../kernel/envelope.js';

export interface Fact {
  readonly stream: string;
  readonly event: DomainEvent;
  readonly causationId: string;
}

export const on = (stream: string, event: DomainEvent, causationId = 'request'): Fact => ({
  stream,
  event,
  causationId,
});

/** The facts as they would be recorded in this order: the n-th has id `e<n>` and was at second n. */
export const history = (...facts: readonly Fact[]): readonly RecordedEvent[] => {
  const revisions = new Map<string, number>();
  return facts.map(({ stream, event, causationId }, index) => {
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    return {
      id: `e${index}`,
      type: event.type,
      version: 1,
      data: event.data,
      metadata: {
        correlationId: 'c',
        causationId,
        commandId: `command-${index}`,
        actor: 'tester',
        occurredAt: instant(index),
      },
      stream,
      revision,
      position: String(index * 7 + 1).padStart(12, '0') as Position,
    };
  });
};

export const instant = (second: number): string => new Date(1_700_000_000_000 + second * 1000).toISOString();
