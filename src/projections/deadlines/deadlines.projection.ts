import {
  deadline,
  fulfilmentCategory,
  type FulfilmentEvent,
  fulfilmentEvents,
} from '../../domains/order/contract.js';
import { type Instant } from '../../kernel/envelope.js';
import { type Projection } from '../projection.js';

/** When the fulfilment of an order has waited long enough. Gone as soon as it waits no longer. */
export interface Deadline {
  readonly orderId: string;
  readonly dueAt: Instant;
  /** Of the step that set it: what happens at the deadline is caused by it. */
  readonly causationId: string;
  readonly correlationId: string;
}

export const deadlinesProjection: Projection<FulfilmentEvent, Deadline> = {
  name: 'deadlines',
  version: 1,
  reads: { [fulfilmentCategory]: fulfilmentEvents },
  indexes: [['dueAt']],
  key: ({ data }) => data.orderId,
  evolve: (doc, event) => {
    const before = doc?.dueAt ?? deadline.initial;
    const dueAt = deadline.evolve(before, event);
    if (dueAt === before) return doc;
    if (dueAt === null) return undefined;
    const { id: causationId, metadata } = event;
    return { orderId: event.data.orderId, dueAt, causationId, correlationId: metadata.correlationId };
  },
};
