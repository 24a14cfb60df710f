import { fillWithHistory } from './history/fill.js';
import { type Figures, inFreshFolder } from './measure.js';
import { measureRebuild } from './rebuild/measure.js';

const views = { OrderStatus: 'order_status', Inventory: 'inventory' };

/** Of a history with so many events. */
export const rebuild = (events: number): Promise<Figures> =>
  inFreshFolder(async (dataDir) => {
    await fillWithHistory(dataDir, { events, seed: 1 });
    let figures: Figures = {};
    for (const [name, view] of Object.entries(views)) {
      const measured = await measureRebuild(dataDir, view, 1);
      figures = {
        ...figures,
        [`rebuild${name}Events`]: measured.events,
        [`readWrite${name}`]: measured.rawEventsPerSecond,
        [`rebuild${name}`]: measured.eventsPerSecond,
        [`rawDocuments${name}`]: measured.rawDocumentsPerSecond,
        [`rebuiltDocuments${name}`]: measured.rebuiltDocumentsPerSecond,
        [`rebuild${name}Mb`]: measured.mostMb,
      };
    }
    return figures;
  });
