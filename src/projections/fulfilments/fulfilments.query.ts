import { type FulfilmentStep } from '../../domains/order/contract.js';
import { type Instant } from '../../kernel/envelope.js';
import { type ReadableView } from '../../ports/views.js';
import { type Fulfilment } from './fulfilments.projection.js';

export interface StepFigures {
  readonly active: number;
  /** Since when the one that came to the step first has been there; null when none is. */
  readonly oldestSince: Instant | null;
  /** Of the active, those that have been there since before the time given. */
  readonly stuck: number;
}

/** @param before whoever came to the step earlier is stuck there */
export const figuresOfStep = async (
  view: ReadableView<Fulfilment>,
  step: FulfilmentStep,
  before: Instant,
): Promise<StepFigures> => {
  const atStep = { path: 'step', equals: step };
  const [active, stuck, oldest] = await Promise.all([
    view.count([atStep]),
    view.count([atStep, { path: 'since', atMost: before }]),
    view.find({ where: [atStep], sort: { path: 'since', direction: 'ascending' }, limit: 1 }),
  ]);
  return { active, stuck, oldestSince: oldest.items[0]?.doc.since ?? null };
};
