import { type Instant } from '../../kernel/envelope.js';
import { type ReadableView } from '../../ports/views.js';
import { type Deadline } from './deadlines.projection.js';

/** The deadlines that have passed, the oldest first. */
export const dueDeadlines = async (
  view: ReadableView<Deadline>,
  now: Instant,
  limit: number,
): Promise<readonly Deadline[]> => {
  const { items } = await view.find({
    where: [{ path: 'dueAt', atMost: now }],
    sort: { path: 'dueAt', direction: 'ascending' },
    limit,
  });
  return items.map(({ doc }) => doc);
};
