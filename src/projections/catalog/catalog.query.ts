import { type Condition, type ReadableView } from '../../ports/views.js';
import { pageOf, type PageOf, pageRequest, type PageRequest } from '../page.js';
import { type CatalogEntry } from './catalog.projection.js';

export interface CatalogSearch extends PageRequest {
  /** Part of the name, the SKU or the description. */
  readonly text?: string | undefined;
  /** In minor units. */
  readonly minPrice?: number | undefined;
  readonly maxPrice?: number | undefined;
  /** Default: name. */
  readonly sort?: 'name' | 'price' | undefined;
  /** Default: ascending. */
  readonly direction?: 'ascending' | 'descending' | undefined;
}

/** The published products. */
export const searchCatalog = async (
  view: ReadableView<CatalogEntry>,
  search: CatalogSearch,
): Promise<PageOf<CatalogEntry>> => {
  const { text, minPrice, maxPrice, sort = 'name', direction = 'ascending' } = search;
  const where: Condition[] = [{ path: 'status', equals: 'published' }];
  if (text !== undefined) where.push({ paths: ['name', 'sku', 'description'], contains: text });
  if (minPrice !== undefined) where.push({ path: 'price.amountMinor', atLeast: minPrice });
  if (maxPrice !== undefined) where.push({ path: 'price.amountMinor', atMost: maxPrice });
  const path = sort === 'price' ? 'price.amountMinor' : 'name';
  const page = await view.find({ where, sort: { path, direction }, ...pageRequest(search) });
  return pageOf(page, (entry) => entry);
};

/** The product in any status; undefined until it is added. */
export const catalogEntry = async (
  view: ReadableView<CatalogEntry>,
  sku: string,
): Promise<CatalogEntry | undefined> => {
  const entry = (await view.get(sku))?.doc;
  return entry === undefined || entry.revision < 0 ? undefined : entry;
};
