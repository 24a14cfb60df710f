import { readFileSync } from 'node:fs';
import { readConfig } from '../../app/config.js';
import { openPlatform } from '../../app/platform.js';
import { projectionNamed } from '../../app/rebuild/ports.js';
import { ThreadedWork } from '../../app/rebuild/threaded-work.js';
import { type Position } from '../../kernel/envelope.js';
import { type Change } from '../../ports/views.js';
import { eventFilter, viewIn } from '../../projections/projection.js';
import { isEqual } from '../../projections/rebuild/compare.js';
import { loudLogger } from '../logger.js';
import { bulkWritten } from './bulk-write.js';
import { type RebuildTask, type TaskDone } from './tasks.js';

/** A process that does one task on the store, as the program does it, so that its memory is the task's. */

// This process is started by ./measure.ts alone.
const task = JSON.parse(process.argv[2] ?? '') as RebuildTask;
const config = readConfig({ ...task.settings, DATA_DIR: task.dataDir, LOG_LEVEL: 'warn' });
const platform = await openPlatform(config, loudLogger);
const { views, leases, owner } = platform;
const projection = projectionNamed(task.projection);
const work = new ThreadedWork(projection, platform, config);
/** Longer than anything takes here: nobody renews it. */
const ttlMs = 86_400_000;
const batchSize = 2_048;

const rebuilt = async ({ storage, parallel }: Extract<RebuildTask, { do: 'rebuild' }>): Promise<Counted> => {
  const lease = await leases.acquire(storage, owner, ttlMs);
  if (lease === undefined) throw new Error(`Somebody else holds the lease of ${storage}.`);
  let events = 0;
  const start = performance.now();
  const end = await work.replay(
    { projection: projection.name, storage, lease, parallel },
    {
      signal: new AbortController().signal,
      onProgress: (done) => {
        events = done;
      },
    },
  );
  const seconds = since(start);
  await leases.release(lease);
  if (end.is !== 'caught up') throw new Error(`The rebuild ended early: ${JSON.stringify(end)}`);
  return { seconds, count: events };
};

/** The events that the projection reads, as a rebuild gets them. */
const read = async (): Promise<Counted> => {
  const options = { from: 'start', filter: eventFilter(projection), batchSize } as const;
  const start = performance.now();
  let count = 0;
  for await (const { events, caughtUp } of platform.eventStore.subscribeTexts(options)) {
    count += events.length;
    if (caughtUp) break;
  }
  return { seconds: since(start), count };
};

/** The same documents with nothing in between, in the order in which they were finished. */
const written = async ({ from, storage }: Extract<RebuildTask, { do: 'write' }>): Promise<Counted> => {
  const source = views.open<object>({ name: from, indexes: [] });
  const positions: { readonly id: string; readonly position: Position }[] = [];
  for (let page = await source.scan(undefined, batchSize); page.length > 0;) {
    for (const { id, position } of page) positions.push({ id, position });
    page = await source.scan(page.at(-1)?.id, batchSize);
  }
  positions.sort((one, other) => (one.position < other.position ? -1 : 1));
  const checkpoint = (await source.checkpoint()) ?? null;
  const view = views.open<object>({ name: storage, indexes: [] });
  let seconds = 0;
  const timed = async (part: () => Promise<void>): Promise<void> => {
    const start = performance.now();
    await part();
    seconds += since(start);
  };
  for (let index = 0; index < positions.length; index += batchSize) {
    const ids = positions.slice(index, index + batchSize).map(({ id }) => id);
    const changes: readonly Change<object>[] = await source.getMany(ids);
    await timed(() => view.write(changes, null));
  }
  await timed(async () => {
    await view.write([], checkpoint);
    await views.open(viewIn(projection, storage)).checkpoint();
  });
  return { seconds, count: positions.length };
};

const compared = async ({ one, other }: Extract<RebuildTask, { do: 'compare' }>): Promise<Counted> => {
  const start = performance.now();
  const comparison = await work.compare(
    { projection: projection.name, serving: one, built: other, size: Infinity },
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
  const seconds = since(start);
  if (!isEqual(comparison)) throw new Error(`The generations differ: ${JSON.stringify(comparison)}`);
  return { seconds, count: comparison.equal };
};

const dropped = async ({ storage }: Extract<RebuildTask, { do: 'drop' }>): Promise<Counted> => {
  const start = performance.now();
  await views.drop(storage);
  return { seconds: since(start), count: 1 };
};

type Counted = Pick<TaskDone, 'seconds' | 'count'>;

const since = (start: number): number => (performance.now() - start) / 1_000;

const mostMb = (): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024;
  } catch {
    return NaN;
  }
};

const carriedOut = (): Promise<Counted> => {
  switch (task.do) {
    case 'rebuild':
      return rebuilt(task);
    case 'read':
      return read();
    case 'write':
      return written(task);
    case 'bulk-write':
      return bulkWritten(config, task.from);
    case 'drop':
      return dropped(task);
    case 'compare':
      return compared(task);
  }
};

const counted = await carriedOut();
process.send?.({ ...counted, mostMb: mostMb() } satisfies TaskDone);
await platform.close();
