import {
  fulfilmentCategory,
  type FulfilmentEvent,
  fulfilmentEvents,
  fulfilmentStep,
  type FulfilmentStep,
} from '../../domains/order/contract.js';
import { type Instant } from '../../kernel/envelope.js';
import { type Projection } from '../projection.js';

/** A fulfilment that has not ended. */
export interface Fulfilment {
  readonly orderId: string;
  readonly step: FulfilmentStep;
  /** When it came to this step. */
  readonly since: Instant;
}

export const fulfilmentsProjection: Projection<FulfilmentEvent, Fulfilment> = {
  name: 'fulfilments',
  version: 1,
  reads: { [fulfilmentCategory]: fulfilmentEvents },
  indexes: [['step', 'since']],
  key: ({ data }) => data.orderId,
  evolve: (doc, event) => {
    const before = doc?.step ?? fulfilmentStep.initial;
    const step = fulfilmentStep.evolve(before, event);
    if (step === before) return doc;
    if (step === null) return undefined;
    return { orderId: event.data.orderId, step, since: event.metadata.occurredAt };
  },
};
