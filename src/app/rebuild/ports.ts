import { type DomainEvent } from '../../kernel/decider.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Views } from '../../ports/views.js';
import { allProjections } from '../../projections/all.js';
import { type Projection } from '../../projections/projection.js';
import { type Config } from '../config.js';
import { eventStoreDbOptions, mongoOptions } from '../engines/options.js';
import { openLogger } from '../logger.js';

/** All that a thread of a rebuild gets to see of the platform: it can read events and write views, and nothing else. */
export interface BuildThreadPorts {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'subscribeTexts'>;
  readonly views: Views;
  close(): Promise<void>;
}

/** Enough for who reads the events once. */
const cacheKb = 8_192;

/** Each thread loads the code of its engines alone: the whole platform would cost it more memory than its documents. */
export const openBuildPorts = async (config: Config): Promise<BuildThreadPorts> => {
  // The output of a tool that rebuilds is its result.
  const logger = openLogger(config.LOG_LEVEL, 'stderr');
  const [events, state] = [eventStoreDbOptions(config, logger), mongoOptions(config, logger)];
  const opened = [
    events && (await import('../../adapters/eventstoredb/index.js')).openEventStoreDb(events),
    state && (await import('../../adapters/mongodb/index.js')).openMongo(state),
  ] as const;
  const [eventStoreDb, mongo] = opened;
  const embedded =
    eventStoreDb && mongo
      ? undefined
      : (await import('../../adapters/embedded/events-and-views.js')).openEventsAndViews(
          config.DATA_DIR,
          cacheKb,
        );
  const eventStore = (eventStoreDb ?? embedded)?.eventStore;
  const views = (mongo ?? embedded)?.views;
  if (eventStore === undefined || views === undefined) throw new TypeError('An engine is missing.');
  return {
    eventStore,
    views,
    close: async () => {
      for (const engine of [mongo, eventStoreDb, embedded]) await engine?.close();
    },
  };
};

export const projectionNamed = (name: string): Projection<DomainEvent, object> => {
  const owned = allProjections.find(({ projection }) => projection.name === name);
  if (owned === undefined) throw new RangeError(`There is no projection ${name}.`);
  return owned.projection;
};
