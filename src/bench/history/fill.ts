import { type EventStore } from '../../ports/event-store.js';
import { withBulkStore } from './bulk-store.js';
import { historyOf, type HistoryOptions } from './history.js';
import { type Append } from './pen.js';

export interface FillOptions extends HistoryOptions {
  /** At least so many. */
  readonly events: number;
  /** Told now and then. */
  readonly onProgress?: (events: number) => void;
}

/** The store has events already: a history begins with nothing. */
export class StoreNotEmpty extends Error {}

/** So many are under way at once: they fill a transaction. */
const appendsAtOnce = 4_096;

/**
 * Writes a history into the empty store of a folder.
 * @returns how many events it is
 * @throws StoreNotEmpty
 */
export const fillWithHistory = (dataDir: string, options: FillOptions): Promise<number> =>
  withBulkStore(dataDir, (store) => fill(store, options));

const fill = async (
  store: Pick<EventStore, 'append' | 'head'>,
  { events, onProgress, ...options }: FillOptions,
): Promise<number> => {
  if ((await store.head()) !== undefined) throw new StoreNotEmpty();
  let written = 0;
  let batch: Append[] = [];
  const write = async (): Promise<void> => {
    // Appends that are begun in this order are committed in this order.
    await Promise.all(batch.map((append) => store.append(append.stream, append.expected, append.events)));
    batch = [];
    onProgress?.(written);
  };
  for (const append of historyOf(options)) {
    batch.push(append);
    written += append.events.length;
    if (batch.length === appendsAtOnce || written >= events) await write();
    if (written >= events) break;
  }
  return written;
};
