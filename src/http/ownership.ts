import { orderCategory, orderEvents } from '../domains/order/contract.js';
import { upcast } from '../kernel/envelope.js';
import { streamOf } from '../kernel/ids.js';
import { type EventStore } from '../ports/event-store.js';
import { type Caller, owns } from './caller.js';

/** Whether the caller may know of the order: one that is not there is nobody's. */
export const ownsOrder = async (
  store: Pick<EventStore, 'readStream'>,
  caller: Caller,
  orderId: string,
): Promise<boolean> => {
  if (caller.only === undefined) return true;
  const [first] = await store.readStream(streamOf(orderCategory, orderId), { limit: 1 });
  const placed = first === undefined ? undefined : upcast(orderEvents, first, 'The access control');
  return owns(caller, placed?.type === 'OrderPlaced' ? placed.data.customerId : undefined);
};
