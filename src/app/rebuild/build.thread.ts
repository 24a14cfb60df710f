import { parentPort, workerData } from 'node:worker_threads';
import { LocalWork, type Watch } from '../../projections/rebuild/work.js';
import { openBuildPorts, projectionNamed } from './ports.js';
import { type BuildThreadData, type BuildThreadReport, faultOf } from './messages.js';
import { ThreadPartition } from './thread-partition.js';

/** The heavy part of a rebuild, so that the thread that answers requests goes on. A message to it stops it. */

// This thread is started by ThreadedWork alone.
const { config, work } = workerData as BuildThreadData;

const tell = (report: BuildThreadReport): void => {
  parentPort?.postMessage(report);
};

const stop = new AbortController();
parentPort?.on('message', () => {
  stop.abort();
});
const watch: Watch = {
  signal: stop.signal,
  onProgress: (done, position) => {
    tell({ told: 'progress', done, position });
  },
};

const ports = await openBuildPorts(config);
const projection = projectionNamed(work.task.projection);
const partitions =
  work.do === 'replay' && work.task.parallel > 1
    ? Array.from({ length: work.task.parallel }, () => new ThreadPartition({ ...work.task, config }))
    : undefined;
try {
  const local = new LocalWork(projection, ports, partitions);
  if (work.do === 'replay') tell({ told: 'replayed', end: await local.replay(work.task, watch) });
  else tell({ told: 'compared', comparison: await local.compare(work.task, watch) });
} catch (error) {
  tell({ told: 'failed', fault: faultOf(error) });
} finally {
  await Promise.all(partitions?.map((partition) => partition.end()) ?? []);
  await ports.close();
  parentPort?.close();
}
