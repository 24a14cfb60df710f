import { describe, expect, it } from '@jest/globals';
import { type ShipmentEvent } from '../../domains/shipping/contract.js';
import { type Sealed } from '../../kernel/sealed.js';
import { type View } from '../../ports/views.js';
import { refold } from '../refold.js';
import { history, on } from '../testing/history.js';
import { type OrderShipments, shipmentsProjection } from './shipments.projection.js';
import { shipment, shipmentsOf } from './shipments.query.js';

const orderId = 'o';
const of = (sku: string, quantity: number) => ({ sku, quantity });
const first = { orderId, shipmentId: 'o.1' };
const second = { orderId, shipmentId: 'o.2' };
const lines = [of('tea', 3), of('cup', 1)];
const begun: readonly ShipmentEvent[] = [
  {
    type: 'ShippingPlanned',
    data: { orderId, customerId: 'ann', lines, shippingAddress: 'sealed address' as Sealed },
  },
  { type: 'ShipmentCreated', data: { ...first, lines } },
  { type: 'ShipmentSplit', data: { ...first, newShipmentId: 'o.2', lines: [of('tea', 2)] } },
];
const rest = [of('tea', 1), of('cup', 1)];
const sent: ShipmentEvent = {
  type: 'ShipmentDispatched',
  data: { ...first, lines: rest, trackingNumber: 'T', complete: false },
};

const after = (...events: readonly ShipmentEvent[]) => {
  const docs = refold(shipmentsProjection, history(...events.map((event) => on('shipment-o', event))));
  const view = {
    get: (id: string) => {
      const doc = docs.get(id);
      return Promise.resolve(doc && { id, doc });
    },
  } as unknown as View<OrderShipments>;
  return { docs, all: shipmentsOf(view, orderId), one: (id: string) => shipment(view, orderId, id) };
};

const details = (n: number, status: string, its: readonly object[], more: object = {}) => ({
  shipmentId: `o.${n}`,
  orderId,
  status,
  lines: its,
  trackingNumber: null,
  reason: null,
  ...more,
});

describe('shipments', () => {
  it('tells of each shipment of an order', async () => {
    const { all, one } = after(...begun);
    const [one1, one2] = [
      details(1, 'pending', rest, { revision: 2 }),
      details(2, 'pending', [of('tea', 2)], { revision: 2 }),
    ];
    expect(await all).toStrictEqual({ items: [one1, one2], leftOver: [], nextCursor: null });
    expect([await one('o.1'), await one('o.2'), await one('o.3')]).toStrictEqual([one1, one2, undefined]);
  });

  it('follows each until it is delivered or lost', async () => {
    const delivered = after(...begun, sent, {
      type: 'ShipmentDelivered',
      data: { ...first, complete: false },
    });
    expect(await delivered.one('o.1')).toStrictEqual(
      details(1, 'delivered', rest, { trackingNumber: 'T', revision: 4 }),
    );
    const lost = after(...begun, sent, {
      type: 'ShipmentFailed',
      data: { ...first, lines: rest, dispatched: true, reason: 'Sunk' },
    });
    expect(await lost.one('o.1')).toStrictEqual(
      details(1, 'lost', rest, { trackingNumber: 'T', reason: 'Sunk', revision: 4 }),
    );
    expect((await lost.all).leftOver).toStrictEqual([]);
  });

  it('tells what a failed one left over', async () => {
    const { all } = after(...begun, {
      type: 'ShipmentFailed',
      data: { ...second, lines: [of('tea', 2)], dispatched: false, reason: 'Dropped' },
    });
    const failed = details(2, 'failed', [of('tea', 2)], { reason: 'Dropped', revision: 3 });
    expect(await all).toStrictEqual({
      items: [details(1, 'pending', rest, { revision: 3 }), failed],
      leftOver: [of('tea', 2)],
      nextCursor: null,
    });
  });

  it('tells that they were stopped, also when there were none', async () => {
    const stopped: ShipmentEvent = { type: 'ShippingStopped', data: { orderId } };
    expect((await after(...begun, stopped).all).items.map(({ status }) => status)).toStrictEqual([
      'stopped',
      'stopped',
    ]);
    const none = { items: [], leftOver: [], nextCursor: null };
    expect([await after(stopped).all, await after().all]).toStrictEqual([none, none]);
  });

  it('does not hold the address', () => {
    expect(JSON.stringify([...after(...begun, sent).docs])).not.toContain('address');
  });
});
