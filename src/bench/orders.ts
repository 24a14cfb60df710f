import { randomUUID } from 'node:crypto';
import { type OrderEvent, orderCategory, orderEvents } from '../domains/order/contract.js';
import { type NewEvent } from '../kernel/envelope.js';
import { streamOf } from '../kernel/ids.js';
import { type EventStore } from '../ports/event-store.js';

const atOnce = 500;

/** Orders that are placed, confirmed, shipped and delivered. @returns how many events they are, at least as many as asked for */
export const fillWithOrders = async (store: EventStore, atLeast: number): Promise<number> => {
  let count = 0;
  while (count < atLeast) {
    const orders = Array.from({ length: atOnce }, orderOf);
    await Promise.all(
      orders.map(({ orderId, facts }) =>
        store.append(streamOf(orderCategory, orderId), 'absent', facts.map(recordable)),
      ),
    );
    count += orders.reduce((sum, { facts }) => sum + facts.length, 0);
  }
  return count;
};

const orderOf = (): { readonly orderId: string; readonly facts: readonly OrderEvent[] } => {
  const orderId = randomUUID();
  const price = { amountMinor: 1_999, currency: 'EUR' };
  const total = { amountMinor: 3_998, currency: 'EUR' };
  const units = [{ sku: 'SKU-123', quantity: 2 }];
  return {
    orderId,
    facts: [
      {
        type: 'OrderPlaced',
        data: {
          orderId,
          customerId: 'bench',
          cartId: null,
          lines: [{ sku: 'SKU-123', quantity: 2, name: 'Stoneware mug', unitPrice: price, lineTotal: total }],
          total,
          paymentId: `pay-${orderId}`,
          paymentMethod: 'tok_approve',
          placedAt: '2026-01-02T03:04:05.678Z',
          contact: null,
          shippingAddress: null,
        },
      },
      { type: 'OrderConfirmed', data: { orderId } },
      { type: 'OrderShipped', data: { orderId, shipmentId: `${orderId}.1`, lines: units, complete: true } },
      { type: 'OrderDelivered', data: { orderId } },
    ],
  };
};

const recordable = ({ type, data }: OrderEvent): NewEvent => {
  const commandId = randomUUID();
  const occurredAt = '2026-01-02T03:04:05.678Z';
  const { current: version } = orderEvents[type];
  const metadata = {
    correlationId: commandId,
    causationId: commandId,
    commandId,
    actor: 'bench',
    occurredAt,
  };
  return { id: randomUUID(), type, version, data, metadata };
};
