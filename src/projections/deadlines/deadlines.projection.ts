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
    return dueAt === null ? undefined : { orderId: event.data.orderId, dueAt };
  },
};
