import { fillWithHistory } from '../history/fill.js';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { type Figures, inFreshFolder } from '../measure.js';
import { fillWithOrders } from '../orders.js';
import { report, type ReportOptions } from '../report.js';
import { visible } from '../visible.bench.js';
import { limits } from './limits.js';
import { realLines } from './lines.js';
import { rebuildOnMongo } from './rebuild.js';
import { relayOnKafka } from './relay.js';
import { missingIn, openSite, type RealSite, withEngines } from './site.js';

interface RealScale {
  readonly seconds: number;
  readonly relayEvents: number;
  readonly rebuildEvents: number;
  readonly ordersPerSecond: number;
}

const scaleOf = (quick: boolean): RealScale =>
  quick
    ? { seconds: 1, relayEvents: 20_000, rebuildEvents: 50_000, ordersPerSecond: 5 }
    : { seconds: 4, relayEvents: 100_000, rebuildEvents: 200_000, ordersPerSecond: 10 };

/** @returns the exit code */
export const measureReal = async (
  options: ReportOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> => {
  const missing = missingIn(environment);
  if (missing !== undefined) {
    console.error(missing);
    return 2;
  }
  const scale = scaleOf(options.quick);
  await inFreshFolder((orders) =>
    inFreshFolder(async (history) => {
      await fill(orders, scale.relayEvents);
      await fillWithHistory(history, { events: scale.rebuildEvents, seed: 1 });
      await report(options, realLines, scale, () => round({ orders, history }, scale));
    }),
  );
  return 0;
};

const fill = async (dataDir: string, events: number): Promise<void> => {
  const { eventStore, close } = openEmbedded({ dataDir });
  await fillWithOrders(eventStore, events);
  await close();
};

interface Folders {
  readonly orders: string;
  readonly history: string;
}

/** Everything once, so that a slow spell of the machine does not meet one measurement alone. */
const round = async (
  { orders, history }: Folders,
  { seconds, ordersPerSecond }: RealScale,
): Promise<Figures> => ({
  ...(await withSite((site) => relayOnKafka(site.withEventsOf(orders)))),
  ...(await withSite((site) => rebuildOnMongo(site.withEventsOf(history), history))),
  ...(await withSite(({ settings }) =>
    inFreshFolder((dataDir) =>
      withEngines({ ...settings, DATA_DIR: dataDir }, (engines, { EVENTSTORE_URL }) =>
        limits(engines, EVENTSTORE_URL, seconds),
      ),
    ),
  )),
  ...(await withSite(({ settings }) => visible(ordersPerSecond, 2 * seconds, settings))),
});

const withSite = async <Result>(work: (site: RealSite) => Promise<Result>): Promise<Result> => {
  const site = await openSite();
  try {
    return await work(site);
  } finally {
    await site.clean();
  }
};
