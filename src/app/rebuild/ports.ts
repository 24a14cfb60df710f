import { type DomainEvent } from '../../kernel/decider.js';
import { type EventStore } from '../../ports/event-store.js';
import { type Logger } from '../../ports/logger.js';
import { type Views } from '../../ports/views.js';
import { allProjections } from '../../projections/all.js';
import { type Projection } from '../../projections/projection.js';
import { type Config } from '../config.js';
import { openLogger } from '../logger.js';
import { openPlatform } from '../platform.js';

/** All that a thread of a rebuild gets to see of the platform: it can read events and write views, and nothing else. */
export interface BuildThreadPorts {
  readonly eventStore: Pick<EventStore, 'subscribe' | 'subscribeTexts'>;
  readonly views: Views;
  close(): Promise<void>;
}

export const openBuildPorts = (config: Config): BuildThreadPorts => {
  const logger: Logger = openLogger(config.LOG_LEVEL);
  const platform = openPlatform(config, logger);
  return { eventStore: platform.eventStore, views: platform.views, close: () => platform.close() };
};

export const projectionNamed = (name: string): Projection<DomainEvent, object> => {
  const owned = allProjections.find(({ projection }) => projection.name === name);
  if (owned === undefined) throw new RangeError(`There is no projection ${name}.`);
  return owned.projection;
};
