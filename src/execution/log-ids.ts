import { type EventMetadata } from '../kernel/envelope.js';

/** What finds the lines about an event among those about whatever it belongs to. */
export const idsOf = ({
  correlationId,
  traceparent,
}: Pick<EventMetadata, 'correlationId' | 'traceparent'>): {
  readonly correlationId: string;
  readonly traceId?: string;
} => {
  const traceId = traceparent?.split('-')[1];
  return { correlationId, ...(traceId !== undefined && { traceId }) };
};
