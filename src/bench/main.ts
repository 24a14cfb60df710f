import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { allProjections } from '../projections/all.js';
import { parseArguments, usage } from './arguments.js';
import { executorDistinct, executorHot } from './executor.bench.js';
import { generate } from './generate.js';
import { http } from './http.bench.js';
import { live } from './live.bench.js';
import { type Figures, inFreshFolder, type Scale } from './measure.js';
import { rawAppend } from './raw-append.bench.js';
import { rebuild } from './rebuild.bench.js';
import { rebuild as rebuildAlone } from './rebuild/command.js';
import { relay, relayMemory } from './relay.bench.js';
import { summarise, tableOf } from './table.js';
import { visible } from './visible.bench.js';

const options = parseArguments(
  process.argv.slice(2),
  allProjections.map(({ projection }) => projection.name),
);
if (typeof options === 'string') {
  console.error(`${options}\n\n${usage}`);
  process.exit(2);
}
if (options.do === 'generate') process.exit(await generate(options));
if (options.do === 'rebuild') process.exit(await rebuildAlone(options));

const rounds = options.quick ? 1 : 3;
const scale: Scale = options.quick
  ? { seconds: 1, receipts: 2_000, orders: 1_000, relayMemoryEvents: 100_000, rebuildEvents: 50_000 }
  : { seconds: 4, receipts: 10_000, orders: 5_000, relayMemoryEvents: 1_000_000, rebuildEvents: 200_000 };

const inProcess = [rawAppend, executorDistinct, executorHot];

/** Everything once, so that a slow spell of the machine does not meet one measurement alone. */
const round = async (): Promise<Figures> => {
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

for (const measure of inProcess) await measure(0.5); // code is compiled while it runs
const measured: Figures[] = [];
while (measured.length < rounds) {
  measured.push(await round());
  console.error(`Round ${measured.length} of ${rounds} is done.`);
}

const summary = summarise(measured);
console.log(`${tableOf(summary)}\n`);
const report = JSON.stringify(
  {
    at: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
    rounds,
    scale,
    summary,
  },
  null,
  2,
);
console.log(report);
if (options.json !== undefined) await writeFile(options.json, `${report}\n`);
