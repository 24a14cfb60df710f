import { type z } from 'zod';
import type * as contract from '../../http/contract.js';
import { openPersonalData } from '../../http/personal-data.js';
import { type Keys } from '../../ports/keys.js';
import { type OrderDocument, type OrderStatus } from './order-status.js';

export const withoutTimeline = ({ timeline: _, ...order }: OrderStatus) => order;

/** The order as its own query and its stream show it, with its personal data. @throws UnreadableSeal */
export const orderDetails = async (
  keys: Keys,
  { order, personal }: OrderDocument,
): Promise<Omit<OrderStatus, 'timeline'> & z.infer<typeof contract.personalData>> => ({
  ...withoutTimeline(order),
  ...(await openPersonalData(keys, order.customerId, order.orderId, personal)),
});
