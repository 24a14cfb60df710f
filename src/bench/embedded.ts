import { executorDistinct, executorHot } from './executor.bench.js';
import { http } from './http.bench.js';
import { live } from './live.bench.js';
import { type Figures, inFreshFolder, type Scale } from './measure.js';
import { rawAppend } from './raw-append.bench.js';
import { rebuild } from './rebuild.bench.js';
import { relay, relayMemory } from './relay.bench.js';
import { report, type ReportOptions } from './report.js';
import { embeddedLines } from './table.js';
import { visible } from './visible.bench.js';

const inProcess = [rawAppend, executorDistinct, executorHot];

const scaleOf = (quick: boolean): Scale =>
  quick
    ? { seconds: 1, receipts: 2_000, orders: 1_000, relayMemoryEvents: 100_000, rebuildEvents: 50_000 }
    : { seconds: 4, receipts: 10_000, orders: 5_000, relayMemoryEvents: 1_000_000, rebuildEvents: 200_000 };

/** @returns the exit code */
export const measureEmbedded = async (options: ReportOptions): Promise<number> => {
  const scale = scaleOf(options.quick);
  for (const measure of inProcess) await measure(0.5); // code is compiled while it runs
  await report(options, embeddedLines, scale, () => round(scale));
  return 0;
};

/** Everything once, so that a slow spell of the machine does not meet one measurement alone. */
const round = async (scale: Scale): Promise<Figures> => {
  let figures: Figures = {};
  for (const measure of inProcess) figures = { ...figures, ...(await measure(scale.seconds)) };
  const through = await inFreshFolder(async (dataDir) => ({
    ...(await http(dataDir, scale)),
    ...(await relay(dataDir)),
  }));
  const { confirmedOrders = NaN } = through;
  const read = await visible(confirmedOrders / 10, scale.seconds * 2);
  return {
    ...figures,
    ...through,
    ...read,
    ...(await live()),
    ...(await relayMemory(scale.relayMemoryEvents)),
    ...(await rebuild(scale.rebuildEvents)),
  };
};
