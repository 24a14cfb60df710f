import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Position } from '../kernel/envelope.js';
import { type EventStore } from '../ports/event-store.js';
import { type Lease, type Leases } from '../ports/leases.js';
import { idsOf, sampleEvent } from './sample-events.js';

/**
 * A process of its own that works on a store, for specs about several processes and about sudden death:
 *     store.child.js <module that opens the store> <data directory> write <stream prefix> <batches>
 *                                                                   follow <stream prefix>
 *                                                                   lease <name>
 * It reports by messages. Sent before it dies or not at all: what the parent has been told has happened.
 */
export type Report =
  | {
      readonly told: 'appended';
      readonly stream: string;
      readonly ids: readonly string[];
      readonly revision: number;
    }
  | { readonly told: 'delivered'; readonly id: string; readonly position: Position }
  | { readonly told: 'caught up' }
  | { readonly told: 'leased'; readonly lease: Lease | undefined }
  | { readonly told: 'done' };

interface Opened {
  readonly eventStore: EventStore;
  readonly leases: Leases;
  close(): Promise<void>;
}

/** Batches under way at once, each to a stream of its own, so that they share transactions. */
const WRITERS = 8;

const [, , moduleUrl = '', dataDir = '', role, name = '', detail = ''] = process.argv;

const tell = (report: Report): void => {
  process.send?.(report);
};

const write = async (store: EventStore, batches: number): Promise<void> => {
  let left = batches;
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      const stream = `${name}${process.pid}/${writer}`;
      for (let revision = -1; (left -= 1) >= 0;) {
        const of = 1 + (left % 4);
        const batch = randomUUID();
        const events = Array.from({ length: of }, () => sampleEvent(randomUUID(), { data: { batch, of } }));
        ({ revision } = await store.append(stream, revision < 0 ? 'absent' : revision, events));
        tell({ told: 'appended', stream, ids: idsOf(events), revision });
      }
    }),
  );
};

const follow = async (store: EventStore): Promise<void> => {
  for await (const { events, caughtUp } of store.subscribe({
    from: 'start',
    filter: { streamPrefixes: [name] },
  })) {
    for (const { id, position } of events) tell({ told: 'delivered', id, position });
    if (caughtUp) tell({ told: 'caught up' });
  }
};

const { openEmbedded } = (await import(moduleUrl)) as { openEmbedded: (options: object) => Opened };
const opened = openEmbedded({ dataDir });
if (role === 'write') await write(opened.eventStore, Number(detail));
if (role === 'follow') await follow(opened.eventStore);
if (role === 'lease') {
  const owner = `${hostname()}:${process.pid}:child`;
  tell({ told: 'leased', lease: await opened.leases.acquire(name, owner, 60_000) });
  // Until it is killed.
  setInterval(() => undefined, 60_000);
} else {
  await opened.close();
  tell({ told: 'done' });
  process.disconnect();
}
