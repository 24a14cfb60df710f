import { orderCategory } from '../../domains/order/contract.js';
import { categoryOf } from '../../kernel/ids.js';
import { reject, type Rejection } from '../../kernel/rejection.js';
import { type EventStore } from '../../ports/event-store.js';
import { refold } from '../refold.js';
import { orderStatusProjection } from './order-status.projection.js';
import { type OrderDocument, type TimelineEntry } from './order-status.js';

/** When: a revision of the order's own stream, which lasts until the next one, or an instant (RFC 3339). */
export type Moment = { readonly revision: number } | { readonly instant: string };

export type HistoryRejection = Rejection<'ORDER_NOT_FOUND_THEN' | 'ORDER_REVISION_NOT_FOUND'>;

/**
 * The order as it was, folded from the events that its timeline names. An instant to come finds the order as it is.
 * @param current its document as it is now
 * @throws UnknownEvent
 */
export const orderAsOf = async (
  store: Pick<EventStore, 'readStream'>,
  current: OrderDocument,
  moment: Moment,
): Promise<OrderDocument | HistoryRejection> => {
  const { orderId, placedAt, revision, timeline } = current.order;
  if ('revision' in moment && moment.revision > revision) {
    const detail = `Order ${orderId} has the revisions 0 to ${revision}: there is no ${moment.revision}.`;
    return reject('ORDER_REVISION_NOT_FOUND', detail, 'at');
  }
  if ('instant' in moment && isBefore(moment.instant, placedAt)) {
    return reject('ORDER_NOT_FOUND_THEN', `Order ${orderId} was placed later, at ${placedAt}.`, 'at');
  }
  const reads = rangesOf(entriesUntil(timeline, moment)).map(({ stream, ...range }) =>
    store.readStream(stream, range),
  );
  const events = (await Promise.all(reads)).flat().sort((a, b) => (a.position < b.position ? -1 : 1));
  const then = refold(orderStatusProjection, events).get(orderId);
  if (then === undefined) throw new Error(`The event store has lost the events of order ${orderId}.`);
  return then;
};

/**
 * A beginning of the timeline, since a choice from its middle is an order that never was: where clocks disagree, an
 * event counts only when all before it do. The first one was at `placedAt`, which its own clock had a little later.
 */
const entriesUntil = (timeline: readonly TimelineEntry[], moment: Moment): readonly TimelineEntry[] => {
  const end = timeline.findIndex((entry, index) => index > 0 && isLater(entry, moment));
  return end < 0 ? timeline : timeline.slice(0, end);
};

const isLater = ({ stream, revision, at }: TimelineEntry, moment: Moment): boolean =>
  'revision' in moment
    ? categoryOf(stream) === orderCategory && revision > moment.revision
    : isBefore(moment.instant, at);

const isBefore = (a: string, b: string): boolean => Date.parse(a) < Date.parse(b);

interface Range {
  readonly stream: string;
  readonly from: number;
  limit: number;
}

/** One read for neighbouring revisions, none for what is between others: orders share the streams of stock. */
const rangesOf = (entries: readonly TimelineEntry[]): readonly Range[] => {
  const ranges: Range[] = [];
  const last = new Map<string, Range>();
  for (const { stream, revision } of entries) {
    const range = last.get(stream);
    if (range !== undefined && range.from + range.limit === revision) {
      range.limit += 1;
      continue;
    }
    const next = { stream, from: revision, limit: 1 };
    ranges.push(next);
    last.set(stream, next);
  }
  return ranges;
};
