import { type ReadableView } from '../../ports/views.js';
import { type StockLevel } from './inventory.projection.js';

export const stockLevel = async (
  view: ReadableView<StockLevel>,
  sku: string,
): Promise<StockLevel | undefined> => (await view.get(sku))?.doc;
