import { type EventStore } from '../../ports/event-store.js';
import { type Logger } from '../../ports/logger.js';
import { Connection } from './connection.js';
import { clientOf, type ConnectionOptions, hostsOf } from './connection-string.js';
import { EventStoreDbEventStore } from './event-store.js';
import { type Status } from './status.js';

export {
  AccessDenied,
  AppendTooLarge,
  Closed,
  ForeignEvent,
  InvalidConnectionString,
  Refused,
  ServerTooOld,
  StreamDeleted,
} from './errors.js';
export { type Status } from './status.js';

export interface EventStoreDbOptions extends ConnectionOptions {
  readonly logger: Logger;
  /** How long one answer is waited for. Default 5,000. An append or read is tried three times at most. */
  readonly operationTimeoutMs?: number;
}

export interface EventStoreDb {
  readonly eventStore: EventStore;
  readonly status: () => Status;
  /** What it got over by itself: how often, by kind and reason. */
  readonly incidents: () => Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Resolves when the server can be used. @throws Error that says in one sentence what is wrong and what to do. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * Connects at the first call.
 * @throws InvalidConnectionString
 */
export const openEventStoreDb = (options: EventStoreDbOptions): EventStoreDb => {
  const { logger, operationTimeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const store = new EventStoreDbEventStore(
    new Connection(clientOf(options, logger), operationTimeoutMs),
    logger,
  );
  return {
    eventStore: store,
    status: () => store.status.snapshot(),
    incidents: () => {
      const { reconnects, retries, foreignEvents } = store.status.snapshot();
      return { reconnect: reconnects, retry: retries, skipped: { foreign: foreignEvents } };
    },
    check: () => store.check(hostsOf(options.url)),
    close: () => store.close(),
  };
};
