import { type View } from '../../ports/views.js';
import { pageOf, type PageOf, pageRequest, type PageRequest } from '../page.js';
import { type StockLevel } from './inventory.projection.js';

export const stockLevel = async (view: View<StockLevel>, sku: string): Promise<StockLevel | undefined> =>
  (await view.get(sku))?.doc;

/** All SKUs, in their order. */
export const stockLevels = async (
  view: View<StockLevel>,
  request: PageRequest,
): Promise<PageOf<StockLevel>> => pageOf(await view.find(pageRequest(request)), (level) => level);
