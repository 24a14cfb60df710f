import { openEmbedded } from '../adapters/embedded/index.js';
import { type Position, type RecordedEvent } from '../kernel/envelope.js';
import { type Change } from '../ports/views.js';
import { inventoryProjection } from '../projections/inventory/inventory.projection.js';
import { orderStatusProjection } from '../projections/order-status/order-status.projection.js';
import { type AnyProjection, eventFilter, viewIn } from '../projections/projection.js';
import { refold } from '../projections/refold.js';
import { largeBatch, ProjectionRunner } from '../projections/runner.js';
import { readAll } from './events.js';
import { loudLogger } from './logger.js';
import { elapsedMs, type Figures } from './measure.js';

/** Of the events that are in this store already. */
export const rebuild = async (dataDir: string): Promise<Figures> => ({
  ...(await rebuildOne(dataDir, 'OrderStatus', orderStatusProjection)),
  ...(await rebuildOne(dataDir, 'Inventory', inventoryProjection)),
});

const rebuildOne = async (dataDir: string, name: string, projection: AnyProjection): Promise<Figures> => {
  const events = await withEngine(dataDir, ({ eventStore }) => readAll(eventStore, eventFilter(projection)));
  const rebuilt = await withEngine(dataDir, (engine) => runProjection(engine, projection));
  const raw = await withEngine(dataDir, (engine) => readAndWrite(engine, projection, events));
  return {
    [`rebuild${name}`]: (events.length * 1_000) / rebuilt,
    [`readWrite${name}`]: (events.length * 1_000) / raw,
    [`rebuild${name}Events`]: events.length,
  };
};

const runProjection = async (
  { eventStore, views, leases }: Engine,
  projection: AnyProjection,
): Promise<number> => {
  const head = await eventStore.head();
  const view = views.open(viewIn(projection, `${projection.name}_rebuilt`));
  const runner = new ProjectionRunner(projection, `${projection.name}_rebuilt`, {
    eventStore,
    view,
    logger: loudLogger,
    leases,
    owner: 'bench',
    ttlMs: 10_000,
  });
  const took = await elapsedMs(async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    runner.onAdvance((position) => {
      if (head === undefined || position >= head) setImmediate(resolve, undefined);
    });
    runner.start();
    await promise;
  });
  await runner.stop();
  return took;
};

/** The same events and the same documents with nothing in between: each document is written once. */
const readAndWrite = async (
  { eventStore, views }: Engine,
  projection: AnyProjection,
  events: readonly RecordedEvent[],
): Promise<number> => {
  const view = views.open(viewIn(projection, `${projection.name}_raw`));
  const position = events.at(-1)?.position ?? ('0' as Position);
  const changes = [...refold(projection, events)].map(([id, doc]) => ({ id, position, doc }));
  return elapsedMs(async () => {
    await readAll(eventStore, eventFilter(projection));
    for (const batch of batches(changes)) await view.write(batch, position);
  });
};

const batchSize = largeBatch;

const batches = (changes: readonly Change<object>[]): readonly (readonly Change<object>[])[] =>
  Array.from({ length: Math.ceil(changes.length / batchSize) }, (_, index) =>
    changes.slice(index * batchSize, (index + 1) * batchSize),
  );

type Engine = ReturnType<typeof openEmbedded>;

/** A new one each time: the engine keeps recent events in memory. */
const withEngine = async <Result>(
  dataDir: string,
  work: (engine: Engine) => Promise<Result>,
): Promise<Result> => {
  const engine = openEmbedded({ dataDir });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
};
