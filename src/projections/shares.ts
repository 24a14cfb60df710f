import { pause } from '../execution/pause.js';
import { type LeadershipOptions, type Term, whileLeading } from '../execution/leadership.js';
import { type Leases } from '../ports/leases.js';

const prefix = 'projector:';

/** A process that keeps views. */
export interface Member {
  readonly owner: string;
  readonly projections: readonly string[];
}

/** The processes that keep views at present, by their owner. */
export const members = async (leases: Pick<Leases, 'held'>): Promise<readonly Member[]> =>
  (await leases.held(prefix))
    .map(({ name, owner }) => ({ owner, projections: name.slice(name.lastIndexOf('=') + 1).split(',') }))
    .toSorted((one, other) => (one.owner < other.owner ? -1 : 1));

/**
 * Who of the members is to keep a view: they take turns in an order on which all agree. It is advice, so that every
 * process has its share; that there is one writer only is the lease's business.
 * @param index of the view among all views
 */
export const keeperOf = (projection: string, index: number, all: readonly Member[]): string | undefined => {
  const able = all.filter(({ projections }) => projections.includes(projection));
  return able[index % able.length]?.owner;
};

/** Says that this process keeps views, until the signal: by a lease of its own. */
export const takePart = (
  projections: readonly string[],
  leadership: LeadershipOptions,
  signal: AbortSignal,
): Promise<void> => {
  const name = `${prefix}${leadership.owner}=${projections.join(',')}`;
  const serve = async (term: Term): Promise<void> => {
    while (!term.signal.aborted) await pause(60_000, term.signal);
  };
  return whileLeading({ name, serve }, leadership, signal);
};
