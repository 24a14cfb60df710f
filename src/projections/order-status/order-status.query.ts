import { type ReadableView } from '../../ports/views.js';
import { pageOf, type PageOf, pageRequest, type PageRequest } from '../page.js';
import { type OrderDocument, type OrderStatus } from './order-status.js';

export interface OrderSearch extends PageRequest {
  /** Default: all customers. */
  readonly customerId?: string | undefined;
}

export const orderDocument = async (
  view: ReadableView<OrderDocument>,
  orderId: string,
): Promise<OrderDocument | undefined> => (await view.get(orderId))?.doc;

/** The newest first. */
export const findOrders = async (
  view: ReadableView<OrderDocument>,
  search: OrderSearch,
): Promise<PageOf<OrderStatus>> => {
  const { customerId } = search;
  const page = await view.find({
    where: customerId === undefined ? [] : [{ path: 'order.customerId', equals: customerId }],
    sort: { path: 'order.placedAt', direction: 'descending' },
    ...pageRequest(search),
  });
  return pageOf(page, ({ order }) => order);
};
