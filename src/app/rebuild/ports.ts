import { openEventsAndViews } from '../../adapters/embedded/events-and-views.js';
import { type DomainEvent } from '../../kernel/decider.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Views } from '../../ports/views.js';
import { allProjections } from '../../projections/all.js';
import { type Projection } from '../../projections/projection.js';
import { type Config } from '../config.js';

/** All that a thread of a rebuild gets to see of the platform: it can read events and write views, and nothing else. */
export interface BuildThreadPorts {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'subscribeTexts'>;
  readonly views: Views;
  close(): Promise<void>;
}

/** Enough for who reads the events once. */
const cacheKb = 8_192;

/** Each thread loads the code that it imports: the whole platform would cost it more memory than its documents. */
export const openBuildPorts = ({ DATA_DIR: dataDir }: Config): BuildThreadPorts =>
  openEventsAndViews(dataDir, cacheKb);

export const projectionNamed = (name: string): Projection<DomainEvent, object> => {
  const owned = allProjections.find(({ projection }) => projection.name === name);
  if (owned === undefined) throw new RangeError(`There is no projection ${name}.`);
  return owned.projection;
};
