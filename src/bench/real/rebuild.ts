import { type Figures } from '../measure.js';
import { inProcess } from '../rebuild/measure.js';
import { type Settings } from '../../testing/e2e/engines.js';

const views = { OrderStatus: 'order_status', Inventory: 'inventory', Payments: 'payments' };

/** Of the history in this folder: views rebuilt in MongoDB, and the same documents written with nothing in between. */
export const rebuildOnMongo = async (settings: Settings, dataDir: string): Promise<Figures> => {
  let figures: Figures = {};
  for (const [name, projection] of Object.entries(views)) {
    const storage = `bench_${projection}`;
    const common = { dataDir, projection, settings };
    const rebuild = await inProcess({ ...common, do: 'rebuild', storage, parallel: 1 });
    const read = await inProcess({ ...common, do: 'read' });
    const write = await inProcess({ ...common, do: 'bulk-write', from: storage });
    await inProcess({ ...common, do: 'drop', storage });
    figures = {
      ...figures,
      [`rebuild${name}Events`]: read.count,
      [`rebuild${name}Documents`]: write.count,
      [`rawDocuments${name}`]: write.count / write.seconds,
      [`rebuiltDocuments${name}`]: write.count / rebuild.seconds,
      [`readWrite${name}`]: read.count / (read.seconds + write.seconds),
      [`rebuild${name}`]: read.count / rebuild.seconds,
      [`rebuild${name}Mb`]: rebuild.mostMb,
    };
  }
  return figures;
};
