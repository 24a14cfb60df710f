import { parentPort, workerData } from 'node:worker_threads';
import { keyed } from '../../projections/fold.js';
import { mostDocuments, Partition } from '../../projections/rebuild/partition.js';
import { openBuildPorts, projectionNamed } from './ports.js';
import {
  faultOf,
  type PartitionOrder,
  type PartitionReport,
  type PartitionThreadData,
  unpacked,
} from './messages.js';

/** A partition of a replay, in a thread of its own: it does one order after the other. */

// This thread is started by ThreadPartition alone.
const { config, projection: name, storage, lease, parallel } = workerData as PartitionThreadData;
const ports = await openBuildPorts(config);
const projection = projectionNamed(name);
const view = ports.views.open<object>({ name: storage, indexes: [] });
const partition = new Partition(projection, view, lease, Math.ceil(mostDocuments / parallel));

const obey = async (order: Exclude<PartitionOrder, { order: 'end' }>): Promise<PartitionReport> => {
  try {
    if (order.order !== 'apply') {
      await (order.order === 'flush' ? partition.flush() : partition.settled());
      return { told: 'done', poison: undefined };
    }
    const known = keyed(projection, unpacked(order.events));
    const poison = await partition.apply(known.keyed);
    return { told: 'done', poison: poison ?? known.poison };
  } catch (error) {
    return { told: 'failed', fault: faultOf(error) };
  }
};

let last: Promise<unknown> = Promise.resolve();
parentPort?.on('message', (order: PartitionOrder) => {
  last = last.then(async () => {
    if (order.order !== 'end') {
      parentPort?.postMessage(await obey(order));
      return;
    }
    await ports.close();
    parentPort?.close();
  });
});
