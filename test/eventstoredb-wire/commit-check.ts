import { type Expected } from './expected.js';
import { type Log, metastreamOf, type Stream } from './log.js';
import { type RecentIds } from './recent-ids.js';

/** -1: there is no event. */
type Revision = number;

/** What becomes of a write (IndexWriter.CheckCommit). */
export type Verdict =
  | { is: 'append' }
  | { is: 'written before'; last: Revision }
  | { is: 'wrong version'; current: Revision }
  | { is: 'deleted' };

/** Everything that is written goes through here, one write after the other. */
export const checkCommit = (
  log: Log,
  recent: RecentIds,
  name: string,
  expected: Expected,
  ids: readonly string[],
): Verdict => {
  const stream = log.stream(name);
  const current = (stream?.entries.length ?? 0) - 1;
  if (stream?.tombstone) return { is: 'deleted' };
  if (expected === 'any') return byRecentIds(recent, name, current, ids);
  if (expected === 'stream-exists') {
    if (stream?.truncateBefore === Infinity) return { is: 'deleted' };
    if (current < 0 && !log.stream(metastreamOf(name))) return { is: 'wrong version', current };
    return byRecentIds(recent, name, current, ids);
  }
  const revision = expected === 'no-stream' ? -1 : expected;
  if (revision === current) return { is: 'append' };
  if (revision > current) return { is: 'wrong version', current };
  return byStoredEvents(stream, revision, current, ids);
};

/** Behind the stream's end: a repetition, if the very same events follow there. */
const byStoredEvents = (
  stream: Stream | undefined,
  revision: Revision,
  current: Revision,
  ids: readonly string[],
): Verdict => {
  if (ids.length === 0) return { is: 'wrong version', current };
  const same = ids.filter((id, index) => stream?.entries[revision + 1 + index]?.id === id).length;
  if (same === ids.length) return { is: 'written before', last: revision + ids.length };
  const firstDiffers = stream?.entries[revision + 1]?.id !== ids[0];
  const mayBeginAgain = revision === -1 && stream?.truncateBefore === Infinity;
  return mayBeginAgain && firstDiffers ? { is: 'append' } : { is: 'wrong version', current };
};

const byRecentIds = (recent: RecentIds, name: string, current: Revision, ids: readonly string[]): Verdict => {
  const [first, ...others] = ids.map((id) => recent.find(id, name));
  if (first === undefined) return { is: 'append' };
  const last = others.at(-1) ?? first;
  return others.includes(undefined) ? { is: 'wrong version', current } : { is: 'written before', last };
};
