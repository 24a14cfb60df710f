import { randomUUID } from 'node:crypto';
import { startWireServer, type WireServerOptions } from '../../../test/eventstoredb-wire/server.js';
import { afterEach, beforeEach, describe } from '@jest/globals';
import { type EventStore } from '../../ports/event-store.js';
import { describeEventStoreContract } from '../../testing/event-store.contract.js';
import { describeSubscriptionContract, type EventStoreHarness } from '../../testing/subscription.contract.js';
import { openEventStoreDb } from './index.js';
import { scopedStore } from './testing/scoped-store.js';
import { silent } from './testing/loggers.js';

const url = process.env['EVENTSTORE_URL'];

/** A scope of its own in a log that others have written to. */
const inScope = async (connectionString: string, stop: () => Promise<void>) => {
  const opened: EventStore[] = [];
  const connect = () => {
    const { eventStore } = openEventStoreDb({ url: connectionString, logger: silent });
    opened.push(eventStore);
    return eventStore;
  };
  const first = connect();
  const scope = { prefix: `${randomUUID()}-`, origin: await first.head() };
  return {
    store: scopedStore(first, scope),
    another: () => Promise.resolve(scopedStore(connect(), scope)),
    dispose: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await stop();
    },
  };
};

/** A new server each time. */
const onWireServer = async (options: WireServerOptions) => {
  const server = await startWireServer({ port: 0, ...options });
  return inScope(server.connectionString, () => server.stop());
};

if (url === undefined) {
  describeEventStoreContract('EventStoreDB on the wire-level test server (23.10)', () => onWireServer({}));
  describeEventStoreContract('EventStoreDB on the wire-level test server (22.10, no BatchAppend)', () =>
    onWireServer({ profile: '22.10', batch: false }),
  );
  describe('EventStoreDB on the wire-level test server (24.10)', () => {
    let harness: EventStoreHarness;
    beforeEach(async () => {
      harness = await onWireServer({ profile: '24.10' });
    });
    afterEach(() => harness.dispose());
    describeSubscriptionContract(() => harness);
  });
} else {
  describeEventStoreContract('EventStoreDB at EVENTSTORE_URL', () => inScope(url, () => Promise.resolve()));
}
